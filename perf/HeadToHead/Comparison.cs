namespace HeadToHead;

/// <summary>Our contender against one peer: pairs of times from the same rounds.</summary>
internal sealed class Comparison
{
    private const double WidestInterval = 0.10;

    public Comparison(Row row, string peer, double[] ours, double[] theirs, IEnumerable<Target> targets)
    {
        Row = row;
        Peer = peer;
        Ours = Sample.Of(ours);
        Theirs = Sample.Of(theirs);
        Ratio = Sample.Of([.. ours.Zip(theirs, static (our, their) => our / their)]);
        Extra = Sample.Of([.. ours.Zip(theirs, static (our, their) => our - their)]);
        Target = targets.FirstOrDefault(target => target.Row == row.Id && target.Peer == peer);
    }

    public Row Row { get; }

    public string Peer { get; }

    public Target? Target { get; }

    public Sample Ours { get; }

    public Sample Theirs { get; }

    public Sample Ratio { get; }

    public Sample Extra { get; }

    /// <summary>Whether the interval is too wide to conclude from: more than a tenth of the ratio, or of our time where nanoseconds count.</summary>
    public bool IsNoisy => Target?.Kind == TargetKind.ExtraNanoseconds
        ? Extra.Width > WidestInterval * Ours.Median
        : Ratio.Width > WidestInterval * Ratio.Median;

    public string Verdict
    {
        get
        {
            if (Target is not { } target)
            {
                return IsNoisy ? "noisy" : "";
            }

            double bound = target.Kind == TargetKind.Ratio ? Ratio.High : Extra.High;
            return IsNoisy ? "noisy" : bound <= target.Most ? "pass" : "MISS";
        }
    }
}
