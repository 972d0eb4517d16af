namespace SwmrKit.Tests;

/// <summary>A list in a file of its own.</summary>
internal sealed class TemporaryList : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("swmrkit-tests-");

    public TemporaryList(string text)
    {
        FilePath = Path.Combine(_directory.FullName, "list.dat");
        File.WriteAllText(FilePath, text);
    }

    public string FilePath { get; }

    /// <summary>Puts another list in its place, whole: nobody reads half of it.</summary>
    public void Replace(string text)
    {
        string aside = FilePath + ".new";
        File.WriteAllText(aside, text);
        long start = Environment.TickCount64;
        while (true)
        {
            try
            {
                File.Move(aside, FilePath, overwrite: true);
                return;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && Environment.TickCount64 - start < 30_000)
            {
                Thread.Yield(); // Windows: somebody has it open just now.
            }
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
