using Xunit.Abstractions;
using Xunit.Sdk;

namespace SwmrKit.Tests;

/// <summary>
/// Options in a program compiled ahead of time: publishing it warns of nothing, though every warning of the trimmer and of the compiler is an error, and it does what it
/// does under the JIT. Published (some 30 seconds, with clang or gcc as the linker) in a full run only; a build warns of what the analyzers see anyway.
/// </summary>
public sealed class NativeAotTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    private static readonly Dictionary<string, string> s_expected = new()
    {
        ["dynamic code"] = "False",
        ["first"] = "1",
        ["east"] = "7",
        ["east resource"] = "7",
        ["every type"] = "1",
        ["changed"] = "2",
        ["every type changed"] = "2",
        ["resource"] = "2",
        ["version"] = "2",
        ["drained"] = "True",
        ["replaced is disposed"] = "True",
        ["scope"] = "2",
        ["refused"] = "2",
        ["health"] = "Degraded",
        ["failures"] = "1",
        ["mended"] = "3",
        ["told"] = "2",
    };

    [Fact]
    public void Options_of_a_program_compiled_ahead_of_time_are_what_they_are_under_the_JIT()
    {
        if (!IsHere())
        {
            return;
        }

        using PublishedProbe published = Publish();
        if (published.Unavailable is { } reason)
        {
            TestMode.NoPower(output, reason);
            return;
        }

        (int exit, string lines) = PublishedProbe.Run(published.Program);
        Assert.True(exit == 0, lines);
        Assert.Equal(s_expected, lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(": ")).ToDictionary(static pair => pair[0], static pair => pair[1]));
    }

    [Fact]
    public void Control_what_binds_by_reflection_is_warned_of()
    {
        if (!IsHere())
        {
            return;
        }

        TrueException failure = Assert.Throws<TrueException>(() => Publish("-p:EnableConfigurationBindingGenerator=false"));
        Assert.Contains("IL2026", failure.Message, StringComparison.Ordinal);
        Assert.Contains("IL3050", failure.Message, StringComparison.Ordinal);
    }

    private static PublishedProbe Publish(params string[] properties) => PublishedProbe.PublishProject("ConfigurationProbe", ["-p:PublishAot=true", .. properties]);

    private bool IsHere()
    {
        if (!TestMode.IsFull)
        {
            output.WriteLine("Nothing was shown: only a full run publishes a program.");
            return false;
        }

        if (OperatingSystem.IsLinux() && (PublishedProbe.IsInstalled("clang") || PublishedProbe.IsInstalled("gcc")))
        {
            return true;
        }

        TestMode.NoPower(output, "this is not Linux, or neither clang nor gcc is installed, one of which links a native program");
        return false;
    }
}
