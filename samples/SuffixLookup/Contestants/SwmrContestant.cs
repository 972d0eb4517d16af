using SwmrKit;

namespace SuffixLookup;

/// <summary>SwmrKit: whole snapshots with a native index, in a cell that disposes the one replaced.</summary>
internal sealed class SwmrContestant : IContestant
{
    private readonly SwmrCell<SuffixSnapshot> _cell;

    public SwmrContestant(Dictionary<string, RuleKinds> rules)
        : this(SuffixSnapshot.From(rules))
    {
    }

    /// <summary>Takes over a snapshot, which it disposes once it is replaced.</summary>
    public SwmrContestant(SuffixSnapshot first) => _cell = new SwmrCell<SuffixSnapshot>(first, Domain);

    public string Name => "SwmrKit";

    public RetirementDomain Domain { get; } = new();

    public long Publishes => _cell.Version;

    public void Reload(Dictionary<string, RuleKinds> rules) => _cell.Publish(SuffixSnapshot.From(rules));

    public void Edit(string name, RuleKinds kinds) => _cell.Update(current => current.With(name, kinds));

    public IContestantReader OpenReader() => new Reader(_cell, Domain.Register());

    public void Dispose()
    {
        _cell.Dispose();
        Domain.Dispose();
    }

    private sealed class Reader(SwmrCell<SuffixSnapshot> cell, ReaderHandle handle) : IContestantReader
    {
        private const int CrossCheckEvery = 1024;

        private long _reads;

        public long Violations { get; private set; }

        public long LookUp(ReadOnlySpan<string> hosts)
        {
            long sum = 0;
            foreach (string host in hosts)
            {
                using CellRead<SuffixSnapshot> read = cell.Read(handle);
                SuffixSnapshot snapshot = read.Value;
                int found = snapshot.Index.FindRegistrable(host);
                if (++_reads % CrossCheckEvery == 0 && found != SuffixMatcher.FindRegistrable(snapshot.Rules, host))
                {
                    Violations++;
                }

                if (!snapshot.Index.IsIntact)
                {
                    Violations++;
                }

                sum += found;
            }

            return sum;
        }

        public void Dispose() => handle.Dispose();
    }
}
