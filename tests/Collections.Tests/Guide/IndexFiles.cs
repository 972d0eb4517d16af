using System.Runtime.InteropServices;

namespace SwmrKit.Tests.Guide;

/// <summary>Index files in a directory of their own.</summary>
internal sealed class IndexFiles : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("swmrkit-guide-");
    private int _written;

    /// <summary>Writes an index of these keys.</summary>
    public string Write(params long[] keys)
    {
        string path = Path.Combine(_directory.FullName, $"index.v{++_written}");
        File.WriteAllBytes(path, MemoryMarshal.AsBytes(keys.Order().ToArray().AsSpan()));
        return path;
    }

    /// <summary>How many of the files this process has mapped, by what the system says; null where that is not known here.</summary>
    public int? CountMapped() => OperatingSystem.IsLinux()
        ? File.ReadLines("/proc/self/maps").Count(line => line.Contains(_directory.FullName, StringComparison.Ordinal))
        : null;

    public void Dispose() => _directory.Delete(recursive: true);
}
