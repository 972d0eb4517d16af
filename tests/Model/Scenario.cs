using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>A scenario over the production source, and how far it is explored.</summary>
/// <param name="Body">The scenario.</param>
/// <param name="Plain">The preemption bound of a plain run; null for none, which is everything.</param>
/// <param name="Full">The bound of a full run.</param>
internal sealed record Scenario(Action Body, int? Plain, int? Full)
{
    public ModelOptions Options(ModelMemory memory = ModelMemory.Views) => new() { Memory = memory, PreemptionBound = TestMode.Choose(Plain, Full) };
}
