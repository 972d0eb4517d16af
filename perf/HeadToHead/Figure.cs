namespace HeadToHead;

/// <summary>What our contender takes by itself, where a target limits that: no peer is involved.</summary>
internal sealed class Figure : Result
{
    public Figure(Row row, Series ours, Target target)
        : base(row, target)
    {
        Value = Sample.Of(target.Kind == TargetKind.Bytes ? ours.Bytes : ours.Nanoseconds);
    }

    public Sample Value { get; }

    /// <summary>Whether the interval is too wide to conclude from. Of bytes it never is: allocation does not tremble.</summary>
    public override bool IsNoisy => Target!.Kind == TargetKind.Nanoseconds && Value.Width > WidestInterval * Value.Median;

    protected override Sample Limited(Target target) => Value;
}
