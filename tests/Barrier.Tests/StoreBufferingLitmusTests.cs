using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// The claim the library rests on, on this machine's hardware: a free light barrier against a heavy one forbids the outcome in
/// which neither side sees the other. Every "never" stands beside a control through the same code that was seen to fail.
/// </summary>
public sealed class StoreBufferingLitmusTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private static readonly LitmusOptions s_closely = new() { Duration = TestMode.Choose(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5)), MeetEvery = 8 };
    private static readonly LitmusOptions s_slowly = s_closely with { MeetEvery = 1 };

    [Fact]
    public void Two_full_fences_forbid_it() => NeverSeen("full / full", StoreBuffering.Run<FullFence, FullFence>, s_closely);

    [Fact]
    public void A_heavy_barrier_against_a_light_one_forbids_it()
    {
        Assert.True(AsymmetricBarrier.IsAccelerated || TestMode.IsCI is false, "CI must test an accelerated tier, not: " + AsymmetricBarrier.Describe());
        NeverSeen("heavy / light", StoreBuffering.Run<HeavyFence, LightFence>, s_slowly);
    }

    [Fact]
    public void The_runtimes_own_process_wide_barrier_against_a_light_one_forbids_it() =>
        NeverSeen("process-wide / light", StoreBuffering.Run<ProcessWideFence, LightFence>, s_slowly);

    [Fact]
    public void Control_two_light_barriers_allow_it() => Seen("light / light", StoreBuffering.Run<LightFence, LightFence>, s_closely with { StoreBufferPressure = false });

    [Fact]
    public void Control_a_fence_of_the_writer_alone_allows_it() => Seen("full / light", StoreBuffering.Run<FullFence, LightFence>, s_closely);

    [Fact]
    public void Control_a_heavy_barrier_that_does_nothing_allows_it() => Seen("system call / light", StoreBuffering.Run<UselessSystemCall, LightFence>, s_closely);

    [Fact]
    public void Control_it_is_also_seen_at_the_pace_of_the_heavy_barrier() => Seen("system call / light, slowly", StoreBuffering.Run<UselessSystemCall, LightFence>, s_slowly);

    private void NeverSeen(string name, Func<LitmusOptions, LitmusResult> run, LitmusOptions options)
    {
        if (!ControlFires(out string reason))
        {
            TestMode.NoPower(output, reason);
            return;
        }

        LitmusResult result = run(options);
        Report(name, result);
        Assert.True(result.Iterations > 1_000, $"only {result.Iterations} iterations");
        Assert.Equal(0, result.ZeroZero);
    }

    private void Seen(string name, Func<LitmusOptions, LitmusResult> run, LitmusOptions options)
    {
        LitmusResult result = LitmusControl.RunUntilSeen(run, options);
        Report(name, result);
        if (result.ZeroZero == 0)
        {
            TestMode.NoPower(output, $"the control {name} did not fire in {result.Iterations:N0} iterations");
        }
    }

    private bool ControlFires(out string reason)
    {
        if (!LitmusControl.MachineHasPower)
        {
            reason = "the machine has one processor";
            return false;
        }

        LitmusResult control = LitmusControl.RunUntilSeen(StoreBuffering.Run<UselessSystemCall, LightFence>, s_slowly with { Duration = TimeSpan.FromSeconds(0.5) });
        Report("control: system call / light", control);
        reason = $"the control did not fire in {control.Iterations:N0} iterations";
        return control.ZeroZero > 0;
    }

    private void Report(string name, LitmusResult result) => output.WriteLine(
        $"{name,-30} 0,0 {result.ZeroZero,9:N0} of {result.Iterations,11:N0} = {result.ForbiddenPerMillion,9:N1} per million   "
        + $"0,1 {result.ZeroOne,11:N0}  1,0 {result.OneZero,11:N0}  1,1 {result.OneOne,11:N0}   {result.Iterations / result.Elapsed.TotalSeconds / 1e6:N2} M/s");
}
