namespace HeadToHead;

/// <summary>What our contender allocates against what one peer does, where a target limits that.</summary>
internal sealed class Allocation : Result
{
    public Allocation(Row row, double[] ours, double[] theirs, Target target)
        : base(row, target)
    {
        Ours = Sample.Of(ours);
        Theirs = Sample.Of(theirs);
        Ratio = Sample.Of([.. ours.Zip(theirs, static (our, their) => our / their)]);
    }

    public Sample Ours { get; }

    public Sample Theirs { get; }

    public Sample Ratio { get; }

    /// <summary>It never is: allocation does not tremble.</summary>
    public override bool IsNoisy => false;

    protected override Sample Limited(Target target) => Ratio;
}
