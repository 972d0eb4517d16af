namespace SwmrKit.Testing;

/// <summary>Which memory a scenario is checked under.</summary>
public enum ModelMemory
{
    /// <summary>View-based, after RC11: everything C++ and .NET allow but load buffering; finds data races. Covers x86 and the reorderings of arm64 but that one.</summary>
    Views,

    /// <summary>Total store order: what x86 does.</summary>
    StoreBuffers,
}

/// <summary>How far a scenario is explored. Immutable.</summary>
public sealed record ModelOptions
{
    /// <summary>The memory; by default <see cref="ModelMemory.Views"/>.</summary>
    public ModelMemory Memory { get; init; } = ModelMemory.Views;

    /// <summary>
    /// How often in an execution a thread that could go on is interrupted; null, the default, for any number of times. Yielding,
    /// waiting and ending do not count. With a bound nothing is tried twice from one state; without, one order of independent operations.
    /// </summary>
    public int? PreemptionBound { get; init; }

    /// <summary>How many operations an execution may have; by default 5,000. One that has more fails: as a rule a loop waits without a Spinner.</summary>
    public int MaxSteps { get; init; } = 5_000;

    /// <summary>After how many executions to give up, the result then not exhausted; by default ten million.</summary>
    public long MaxExecutions { get; init; } = 10_000_000;

    /// <summary>Told the number of executions every ten thousand; null for nobody.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>
    /// Whether to decide before every operation and to try every decision, without a reduction of any kind: what the reductions are tested against.
    /// </summary>
    internal bool IsUnreduced { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(PreemptionBound ?? 0, nameof(PreemptionBound));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSteps, 1, nameof(MaxSteps));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxExecutions, 1, nameof(MaxExecutions));
        if (!Enum.IsDefined(Memory))
        {
            throw new ArgumentOutOfRangeException(nameof(Memory), Memory, "There is no such memory.");
        }
    }
}
