using System.Globalization;
using System.Text.RegularExpressions;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>What the probe answers to "litmus".</summary>
/// <param name="Forbidden">How often neither side saw the other, heavy against light.</param>
/// <param name="Iterations">Of how many.</param>
/// <param name="Control">How often it was seen without any barrier on the writer's side.</param>
internal sealed partial record LitmusAnswer(long Forbidden, long Iterations, long Control)
{
    private const int Attempts = 4;

    public static LitmusAnswer Parse(string answer)
    {
        Match match = Form().Match(answer);
        Assert.True(match.Success, answer);
        return new LitmusAnswer(Number("forbidden"), Number("iterations"), Number("control"));

        long Number(string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Asks until the control has fired, which a busy machine may delay; the forbidden outcome may never be seen, and where no
    /// control fires the test had no power.
    /// </summary>
    public static void MustForbid(ITestOutputHelper output, string state, Func<string> ask)
    {
        if (!LitmusControl.MachineHasPower)
        {
            TestMode.NoPower(output, "the machine has one processor");
            return;
        }

        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            string text = ask();
            output.WriteLine($"{state}: {text}");
            LitmusAnswer answer = Parse(text);
            Assert.True(answer.Iterations > 100, text);
            Assert.Equal(0, answer.Forbidden);
            if (answer.Control > 0)
            {
                return;
            }
        }

        TestMode.NoPower(output, "the control did not fire: " + state);
    }

    [GeneratedRegex("^(?<forbidden>[0-9]+) of (?<iterations>[0-9]+), control (?<control>[0-9]+)$")]
    private static partial Regex Form();
}
