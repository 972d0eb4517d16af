using System.Globalization;
using System.Text;

namespace SwmrKit.Testing;

/// <summary>How often each outcome of a litmus test was seen. Immutable.</summary>
public sealed class LitmusResult
{
    /// <summary>Fills in a test's table.</summary>
    /// <param name="shape">The test.</param>
    /// <param name="counts">How often each of its outcomes was seen, in the order of its table.</param>
    /// <param name="elapsed">How long it ran.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">There are not as many counts as outcomes.</exception>
    public LitmusResult(LitmusShape shape, IReadOnlyList<long> counts, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.Count != shape.Outcomes.Count)
        {
            throw new ArgumentException($"{shape.Name} has {shape.Outcomes.Count} outcomes, not {counts.Count}.", nameof(counts));
        }

        Shape = shape;
        Outcomes = [.. shape.Outcomes.Zip(counts, static (outcome, count) => outcome with { Count = count })];
        Iterations = counts.Sum();
        Forbidden = Outcomes.Where(static outcome => outcome.IsForbidden).Sum(static outcome => outcome.Count);
        Elapsed = elapsed;
    }

    /// <summary>The test.</summary>
    public LitmusShape Shape { get; }

    /// <summary>Its table, counted.</summary>
    public IReadOnlyList<LitmusOutcome> Outcomes { get; }

    /// <summary>How many times the test was run.</summary>
    public long Iterations { get; }

    /// <summary>How many times it ended in what sufficient fences forbid.</summary>
    public long Forbidden { get; }

    /// <summary>Forbidden outcomes per million iterations.</summary>
    public double ForbiddenPerMillion => Iterations == 0 ? 0 : Forbidden * 1e6 / Iterations;

    /// <summary>How long it ran.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>The table as text, one outcome a line; its form may change.</summary>
    /// <returns>Several lines.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Shape.Name}: {Shape.Program}: {Forbidden:N0} forbidden of {Iterations:N0}");
        foreach (LitmusOutcome row in Outcomes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {Shape.Observed.A}={row.A} {Shape.Observed.B}={row.B} {row.Count,13:N0}");
            text.Append(CultureInfo.InvariantCulture, $"  {row.Verdict,-15} {row.Meaning}");
        }

        return text.ToString();
    }
}
