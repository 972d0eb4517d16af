using System.Runtime.CompilerServices;
using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>The example of docs/testing.md, line by line: it compiles and does what the page says, and the page shows this text.</summary>
public sealed class DocumentationExampleTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void The_page_shows_the_text_that_the_example_returns()
        => Assert.Contains("```" + Environment.NewLine + LostUpdate() + "```", File.ReadAllText(PagePath()), StringComparison.Ordinal);

    [Fact]
    public void The_page_shows_the_example_as_it_is_compiled()
    {
        string[] example = Example(File.ReadAllLines(SourcePath()));
        string[] page = File.ReadAllLines(PagePath());
        int start = Array.IndexOf(page, example[0]);
        Assert.True(start >= 0, "docs/testing.md does not show the example.");
        Assert.Equal(example, page.Skip(start).Take(example.Length));
        Assert.Equal("```", page[start + example.Length]);
    }

    private static string SourcePath([CallerFilePath] string path = "") => path;

    private static string PagePath() => Path.Combine(Path.GetDirectoryName(SourcePath())!, "../../../docs/testing.md");

    private static string[] Example(string[] source)
    {
        int start = Array.FindIndex(source, static line => line.Trim() == "// <example>") + 1;
        int end = Array.FindIndex(source, static line => line.Trim() == "// </example>");
        return [.. source[start..end].Select(static line => line.StartsWith("    ", StringComparison.Ordinal) ? line[4..] : line)];
    }

    // <example>
    // What a counter does when its operations come one at a time: in a state, an operation leads to a state and a result.
    private sealed class Counter : SequentialSpecification<int, string, int>
    {
        public override int InitialState => 0;

        public override IEnumerable<(int State, int Result)> Outcomes(int state, string operation)
            => operation == "increment" ? [(state + 1, state + 1)] : [(state, state)];
    }

    private static string LostUpdate()
    {
        var history = new History<string, int>();
        int count = 0;

        history.Invoke(thread: 0, "increment");
        int read = count;                                           // Thread 0 reads 0 and is preempted,
        history.Record(thread: 1, "increment", () => ++count);      // thread 1 increments,
        count = read + 1;                                           // thread 0 writes 1 again.
        history.Return(thread: 0, count);

        LinearizabilityResult<string, int> result = LinearizabilityChecker.Check(history, new Counter());
        Assert.False(result.IsLinearizable);
        return result.ToString();
    }
    // </example>
}
