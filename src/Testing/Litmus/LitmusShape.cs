namespace SwmrKit.Testing;

/// <summary>A litmus test on paper: its program and its table of outcomes. Immutable.</summary>
public sealed class LitmusShape
{
    /// <summary>Describes a test.</summary>
    /// <param name="name">Its name in the literature.</param>
    /// <param name="program">The two sides' programs, <c>||</c> between them.</param>
    /// <param name="observed">What the two values of an outcome are.</param>
    /// <param name="outcomes">Every outcome there can be, with its verdict.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">There is no outcome, or one is listed twice.</exception>
    public LitmusShape(string name, string program, (string A, string B) observed, params IReadOnlyList<LitmusOutcome> outcomes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(program);
        ArgumentNullException.ThrowIfNull(outcomes);
        if (outcomes.Count == 0 || outcomes.DistinctBy(static outcome => (outcome.A, outcome.B)).Count() != outcomes.Count)
        {
            throw new ArgumentException($"The table of {name} must list at least one outcome, and each once.", nameof(outcomes));
        }

        Name = name;
        Program = program;
        Observed = observed;
        Outcomes = [.. outcomes];
    }

    /// <summary>Its name in the literature.</summary>
    public string Name { get; }

    /// <summary>The two sides' programs.</summary>
    public string Program { get; }

    /// <summary>What the two values of an outcome are: registers, or words whose final value counts.</summary>
    public (string A, string B) Observed { get; }

    /// <summary>Every outcome there can be, none counted.</summary>
    public IReadOnlyList<LitmusOutcome> Outcomes { get; }

    /// <summary>The row of an outcome, or -1 where the table has none.</summary>
    internal int RowOf(long a, long b)
    {
        for (int row = 0; row < Outcomes.Count; row++)
        {
            if (Outcomes[row].A == a && Outcomes[row].B == b)
            {
                return row;
            }
        }

        return -1;
    }
}
