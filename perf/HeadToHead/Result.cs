namespace HeadToHead;

/// <summary>Something found out about a row, and what it had to reach.</summary>
internal abstract class Result(Row row, Target? target)
{
    /// <summary>The widest interval, as a share of what it is an interval of, from which something may be concluded.</summary>
    protected const double WidestInterval = 0.10;

    public Row Row { get; } = row;

    public Target? Target { get; } = target;

    public abstract bool IsNoisy { get; }

    public string Verdict
    {
        get
        {
            if (Target is not { } target)
            {
                return IsNoisy ? "noisy" : "";
            }

            return IsNoisy ? "noisy" : Limited(target).High <= target.Most ? "pass" : "MISS";
        }
    }

    /// <summary>What the target limits.</summary>
    protected abstract Sample Limited(Target target);
}
