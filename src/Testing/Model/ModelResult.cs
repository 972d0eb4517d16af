namespace SwmrKit.Testing;

/// <summary>What the exploration of a scenario found.</summary>
public sealed record ModelResult
{
    /// <summary>How many executions ran to their end.</summary>
    public required long Executions { get; init; }

    /// <summary>How many were cut short because all that could follow had been tried in another order, or could not happen.</summary>
    public required long Redundant { get; init; }

    /// <summary>Whether every execution within the bounds was tried.</summary>
    public required bool IsExhausted { get; init; }

    /// <summary>The most decisions an execution had.</summary>
    public required int Deepest { get; init; }

    /// <summary>The first failure; null when there was none.</summary>
    public ModelFailure? Failure { get; init; }

    /// <summary>Throws when there was a failure, or not everything was tried.</summary>
    /// <returns>This.</returns>
    /// <exception cref="ModelFailedException">There was a failure, or the exploration was not exhausted.</exception>
    public ModelResult ThrowIfNotProved() => Failure is { } failure
        ? throw new ModelFailedException(failure.ToString(), failure.Exception)
        : IsExhausted ? this : throw new ModelFailedException($"Not exhausted: gave up after {Executions:N0} executions.", null);

    /// <inheritdoc/>
    public override string ToString() => Failure is { } failure
        ? $"failed at execution {Executions + Redundant:N0}: {failure.Message}"
        : $"{(IsExhausted ? "exhausted" : "gave up")} after {Executions:N0} executions ({Redundant:N0} cut short, at most {Deepest} decisions)";
}

/// <summary>How a scenario failed, and how to see it again.</summary>
/// <param name="Message">What went wrong.</param>
/// <param name="Schedule">The decisions that lead there: give it to <see cref="ModelChecker.Replay"/>.</param>
/// <param name="Trace">What happened, step by step.</param>
/// <param name="Exception">The exception that left a thread; null for other failures.</param>
public sealed record ModelFailure(string Message, string Schedule, IReadOnlyList<string> Trace, Exception? Exception)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Message}\nschedule: {Schedule}\n{string.Join('\n', Trace)}";
}

/// <summary>A scenario failed under the model checker, or could not be exhausted.</summary>
public sealed class ModelFailedException : Exception
{
    /// <summary>Creates the exception with a default message.</summary>
    public ModelFailedException()
        : this("The scenario failed.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong, with schedule and trace.</param>
    public ModelFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong, with schedule and trace.</param>
    /// <param name="innerException">The exception that left a thread of the scenario.</param>
    public ModelFailedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
