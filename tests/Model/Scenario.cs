using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>A scenario over the production source, and how far it is explored.</summary>
/// <param name="Body">The scenario.</param>
/// <param name="Plain">The preemption bound of a plain run; null for none, which is everything.</param>
/// <param name="Full">The bound of a full run.</param>
internal sealed record Scenario(Action Body, int? Plain, int? Full)
{
    /// <summary>The bound at which its mutants are hunted; further than <paramref name="Full"/> where they are found soon, and all there is would take too long.</summary>
    public int? Hunt { get; init; } = Full;

    public ModelOptions Options(ModelMemory memory = ModelMemory.Views) => new() { Memory = memory, PreemptionBound = TestMode.Choose(Plain, Full) };
}
