using System.Runtime.Intrinsics.X86;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// The litmus tests that x86 hardware cannot fail. What they show there is that the compiler keeps its half of the bargain: for two of them a
/// control without fences shows that it would not otherwise; for the rest there is no control, and passing shows that much less.
/// </summary>
public sealed class LitmusFamilyTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private static readonly LitmusOptions s_briefly = LitmusClaims.Closely with { Duration = LitmusClaims.Closely.Duration / 2 };

    private readonly LitmusClaims _claims = new(output);

    [Fact]
    public void A_light_barrier_keeps_the_compiler_from_reusing_an_earlier_read_in_message_passing()
    {
        // Light is ordered against Heavy alone; that two of them suffice here is x86's doing.
        if (X86Base.IsSupported)
        {
            NeverSeen<MessagePassing, LightFence, LightFence>("light / light", LitmusClaims.Closely);
        }

        NeverSeen<MessagePassing, HeavyFence, LightFence>("heavy / light", LitmusClaims.Slowly);
        NeverSeen<MessagePassing, LightFence, HeavyFence>("light / heavy", LitmusClaims.Slowly);
        NeverSeen<MessagePassing, FullFence, FullFence>("full / full", LitmusClaims.Closely);
    }

    [Fact]
    public void A_light_barrier_keeps_the_compiler_from_reusing_an_earlier_read_in_coherence_of_reads()
    {
        NeverSeen<CoherenceOfReads, LightFence, LightFence>("light / light", LitmusClaims.Closely);
        NeverSeen<CoherenceOfReads, HeavyFence, LightFence>("heavy / light", LitmusClaims.Slowly);
        NeverSeen<CoherenceOfReads, LightFence, HeavyFence>("light / heavy", LitmusClaims.Slowly);
        NeverSeen<CoherenceOfReads, FullFence, FullFence>("full / full", LitmusClaims.Closely);
    }

    [Fact]
    public void Control_without_a_fence_the_compiler_breaks_message_passing() =>
        _claims.Seen("none / none", Litmus.Run<MessagePassing, NoFence, NoFence>, LitmusClaims.Closely);

    [Fact]
    public void Control_without_a_fence_the_compiler_breaks_coherence_of_reads() =>
        _claims.Seen("none / none", Litmus.Run<CoherenceOfReads, NoFence, NoFence>, LitmusClaims.Closely);

    [Fact]
    public void S_which_x86_cannot_fail_shows_nothing_forbidden() => NothingForbidden<ShapeS>();

    [Fact]
    public void Load_buffering_which_x86_cannot_fail_shows_nothing_forbidden() => NothingForbidden<LoadBuffering>();

    [Fact]
    public void Two_plus_two_writes_which_x86_cannot_fail_shows_nothing_forbidden() => NothingForbidden<TwoPlusTwoWrites>();

    [Fact]
    public void Coherence_of_writes_which_no_hardware_can_fail_shows_nothing_forbidden() => NothingForbidden<CoherenceOfWrites>();

    private void NeverSeen<TTest, TFirst, TSecond>(string name, LitmusOptions options)
        where TTest : struct, ILitmusTest
        where TFirst : struct, ILitmusFence
        where TSecond : struct, ILitmusFence =>
        _claims.NeverSeen(name, Litmus.Run<TTest, TFirst, TSecond>, options, static closely => Litmus.Run<TTest, NoFence, NoFence>(closely with { MeetEvery = 8 }));

    private void NothingForbidden<TTest>()
        where TTest : struct, ILitmusTest
    {
        if (X86Base.IsSupported)
        {
            _claims.NothingForbidden("light / light", Litmus.Run<TTest, LightFence, LightFence>, s_briefly);
        }

        _claims.NothingForbidden("heavy / light", Litmus.Run<TTest, HeavyFence, LightFence>, s_briefly with { MeetEvery = 1 });
        _claims.NothingForbidden("light / heavy", Litmus.Run<TTest, LightFence, HeavyFence>, s_briefly with { MeetEvery = 1 });
        _claims.NothingForbidden("full / full", Litmus.Run<TTest, FullFence, FullFence>, s_briefly);
    }
}
