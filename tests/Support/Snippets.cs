namespace SwmrKit.Tests;

/// <summary>The pieces of C# in a page of documentation, and whether they stand in code that is compiled and run: so that the page cannot rot.</summary>
internal static class Snippets
{
    private const string Fence = "```";

    /// <summary>The directory that holds the solution.</summary>
    public static string Repository { get; } = FindRepository();

    public static string[] Of(string page)
    {
        var snippets = new List<string>();
        List<string>? open = null;
        foreach (string line in File.ReadLines(page))
        {
            if (open is null)
            {
                open = line == Fence + "csharp" ? [] : null;
            }
            else if (line == Fence)
            {
                snippets.Add(string.Join('\n', open));
                open = null;
            }
            else
            {
                open.Add(line);
            }
        }

        return [.. snippets];
    }

    /// <summary>Whether the lines of a snippet stand in this order, nothing between, in one of the files; indentation and empty lines do not count, nor do usings.</summary>
    public static bool IsIn(string snippet, params string[] files)
    {
        string[] wanted = Lines(snippet.Split('\n'));
        return wanted.Length > 0 && files.Any(file => Contains(Lines(File.ReadAllLines(file)), wanted));
    }

    private static bool Contains(string[] lines, string[] wanted)
    {
        for (int i = 0; i + wanted.Length <= lines.Length; i++)
        {
            if (lines.AsSpan(i, wanted.Length).SequenceEqual(wanted))
            {
                return true;
            }
        }

        return false;
    }

    private static string[] Lines(string[] text) =>
    [
        .. text.Select(static line => line.Trim())
            .Where(static line => line.Length > 0 && !(line.StartsWith("using ", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains('='))),
    ];

    private static string FindRepository()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "SwmrKit.sln")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests do not run in a checkout: there is no SwmrKit.sln above " + AppContext.BaseDirectory);
    }
}
