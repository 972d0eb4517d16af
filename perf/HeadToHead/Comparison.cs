namespace HeadToHead;

/// <summary>Our contender against one peer: pairs of times from the same rounds.</summary>
internal sealed class Comparison : Result
{
    public Comparison(Row row, string peer, double[] ours, double[] theirs, IEnumerable<Target> targets)
        : base(row, targets.FirstOrDefault(target => target.Row == row.Id && target.Peer == peer && target.Kind != TargetKind.BytesRatio))
    {
        Peer = peer;
        Ours = Sample.Of(ours);
        Theirs = Sample.Of(theirs);
        Ratio = Sample.Of([.. ours.Zip(theirs, static (our, their) => our / their)]);
        Extra = Sample.Of([.. ours.Zip(theirs, static (our, their) => our - their)]);
    }

    public string Peer { get; }

    public Sample Ours { get; }

    public Sample Theirs { get; }

    public Sample Ratio { get; }

    public Sample Extra { get; }

    /// <summary>Whether the interval is too wide to conclude from: more than a tenth of the ratio, or of our time where nanoseconds count.</summary>
    public override bool IsNoisy => Target?.Kind == TargetKind.ExtraNanoseconds
        ? Extra.Width > WidestInterval * Ours.Median
        : Ratio.Width > WidestInterval * Ratio.Median;

    protected override Sample Limited(Target target) => target.Kind == TargetKind.Ratio ? Ratio : Extra;
}
