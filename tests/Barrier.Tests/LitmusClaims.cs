using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The two claims a litmus test can make: "never", which needs a control seen to fail, and "seen", which is that control.</summary>
internal sealed class LitmusClaims(ITestOutputHelper output)
{
    public static readonly LitmusOptions Closely = new() { Duration = TestMode.Choose(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5)), MeetEvery = 8 };

    /// <summary>The two sides meet at every iteration: for a barrier that is slow.</summary>
    public static readonly LitmusOptions Slowly = Closely with { MeetEvery = 1 };

    /// <summary>Asserts that nothing forbidden is seen, where the control shows that it could have been.</summary>
    public void NeverSeen(string name, Func<LitmusOptions, LitmusResult> run, LitmusOptions options, Func<LitmusOptions, LitmusResult> control)
    {
        if (!LitmusControl.MachineHasPower)
        {
            TestMode.NoPower(output, "the machine has one processor");
            return;
        }

        LitmusResult shown = LitmusControl.RunUntilSeen(control, options with { Duration = TimeSpan.FromSeconds(0.5) });
        Report("control", shown);
        if (shown.Forbidden == 0)
        {
            TestMode.NoPower(output, $"the control of {name} did not fire in {shown.Iterations:N0} iterations");
            return;
        }

        NothingForbidden(name, run, options);
    }

    /// <summary>Asserts that nothing forbidden is seen, without a control: for tests that this hardware cannot fail.</summary>
    public void NothingForbidden(string name, Func<LitmusOptions, LitmusResult> run, LitmusOptions options)
    {
        LitmusResult result = run(options);
        Report(name, result);
        Assert.True(result.Iterations > 1_000, $"only {result.Iterations} iterations");
        Assert.Equal(0, result.Forbidden);
    }

    /// <summary>Asserts, where the machine has the power, that the forbidden outcome is seen.</summary>
    public void Seen(string name, Func<LitmusOptions, LitmusResult> run, LitmusOptions options)
    {
        LitmusResult result = LitmusControl.RunUntilSeen(run, options);
        Report(name, result);
        if (result.Forbidden == 0)
        {
            TestMode.NoPower(output, $"the control {name} did not fire in {result.Iterations:N0} iterations");
        }
    }

    private void Report(string name, LitmusResult result) => output.WriteLine(
        $"{name}: {result}\n  {result.ForbiddenPerMillion:N1} forbidden per million, {result.Iterations / result.Elapsed.TotalSeconds / 1e6:N2} M iterations/s");
}
