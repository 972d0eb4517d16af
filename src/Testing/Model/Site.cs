namespace SwmrKit.Testing;

/// <summary>The place in the checked source that an operation comes from; the compiler fills it in.</summary>
internal readonly record struct Site(string Member, string File, int Line)
{
    public override string ToString() => File is null or "" ? "" : $"{Path.GetFileName(File)}:{Line} {Member}";

    /// <summary>The line itself, where the source is at hand.</summary>
    public string ReadSource()
    {
        try
        {
            return File is not (null or "") && System.IO.File.Exists(File) ? System.IO.File.ReadLines(File).Skip(Line - 1).FirstOrDefault()?.Trim() ?? "" : "";
        }
        catch (IOException)
        {
            return ""; // A convenience of the trace, no part of the verdict.
        }
    }
}
