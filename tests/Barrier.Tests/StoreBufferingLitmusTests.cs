using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// The claim the library rests on, on this machine's hardware: a free light barrier against a heavy one forbids the outcome in
/// which neither side sees the other. Every "never" stands beside a control through the same code that was seen to fail.
/// </summary>
/// <remarks>
/// Store buffering and its sister R are all that x86 can fail: of two threads and two words it reorders nothing but a store with a
/// later load. The rest of the family is in <see cref="LitmusFamilyTests"/>.
/// </remarks>
public sealed class StoreBufferingLitmusTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private readonly LitmusClaims _claims = new(output);

    [Fact]
    public void Two_full_fences_forbid_it() => NeverSeen("full / full", Litmus.Run<StoreBuffering, FullFence, FullFence>, LitmusClaims.Closely);

    [Fact]
    public void A_heavy_barrier_against_a_light_one_forbids_it()
    {
        Assert.True(AsymmetricBarrier.IsAccelerated || TestMode.IsCI is false, "CI must test an accelerated tier, not: " + AsymmetricBarrier.Describe());
        NeverSeen("heavy / light", Litmus.Run<StoreBuffering, HeavyFence, LightFence>, LitmusClaims.Slowly);
    }

    [Fact]
    public void The_runtimes_own_process_wide_barrier_against_a_light_one_forbids_it() =>
        NeverSeen("process-wide / light", Litmus.Run<StoreBuffering, ProcessWideFence, LightFence>, LitmusClaims.Slowly);

    [Fact]
    public void Control_two_light_barriers_allow_it() =>
        _claims.Seen("light / light", Litmus.Run<StoreBuffering, LightFence, LightFence>, LitmusClaims.Closely with { StoreBufferPressure = false });

    [Fact]
    public void Control_a_fence_of_the_writer_alone_allows_it() => _claims.Seen("full / light", Litmus.Run<StoreBuffering, FullFence, LightFence>, LitmusClaims.Closely);

    [Fact]
    public void Control_a_heavy_barrier_that_does_nothing_allows_it() =>
        _claims.Seen("system call / light", Litmus.Run<StoreBuffering, UselessSystemCall, LightFence>, LitmusClaims.Closely);

    [Fact]
    public void Control_it_is_also_seen_at_the_pace_of_the_heavy_barrier() =>
        _claims.Seen("system call / light, slowly", Litmus.Run<StoreBuffering, UselessSystemCall, LightFence>, LitmusClaims.Slowly);

    [Fact]
    public void In_R_two_full_fences_forbid_it() => NeverSeenInR("R, full / full", Litmus.Run<ShapeR, FullFence, FullFence>, LitmusClaims.Closely);

    [Fact]
    public void In_R_a_heavy_barrier_between_two_stores_against_a_light_one_forbids_it() =>
        NeverSeenInR("R, heavy / light", Litmus.Run<ShapeR, HeavyFence, LightFence>, LitmusClaims.Slowly);

    [Fact]
    public void Control_in_R_two_light_barriers_allow_it() => _claims.Seen("R, light / light", Litmus.Run<ShapeR, LightFence, LightFence>, LitmusClaims.Closely);

    [Fact]
    public void Control_in_R_a_fence_between_the_two_stores_alone_allows_it() =>
        _claims.Seen("R, full / light", Litmus.Run<ShapeR, FullFence, LightFence>, LitmusClaims.Closely);

    private void NeverSeen(string name, Func<LitmusOptions, LitmusResult> run, LitmusOptions options) =>
        _claims.NeverSeen(name, run, options, static slowly => Litmus.Run<StoreBuffering, UselessSystemCall, LightFence>(slowly with { MeetEvery = 1 }));

    private void NeverSeenInR(string name, Func<LitmusOptions, LitmusResult> run, LitmusOptions options) =>
        _claims.NeverSeen(name, run, options, static slowly => Litmus.Run<ShapeR, UselessSystemCall, LightFence>(slowly with { MeetEvery = 1 }));
}
