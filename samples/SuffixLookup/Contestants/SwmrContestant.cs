using SwmrKit;

namespace SuffixLookup;

/// <summary>
/// SwmrKit's cell: whole snapshots of the rules, each with a native index, in a cell that disposes the one replaced. Every change is made in the rules first,
/// and published with a new index.
/// </summary>
internal sealed class SwmrContestant : IContestant
{
    private readonly RuleBook _rules = new();
    private readonly SwmrCell<SuffixSnapshot> _cell;

    public SwmrContestant(Dictionary<string, RuleKinds> rules)
    {
        _rules.Reload(rules);
        First = new SuffixSnapshot(_rules.Snapshot());
        _cell = new SwmrCell<SuffixSnapshot>(First, Domain);
    }

    public string Name => "SwmrCell";

    /// <summary>The snapshot it began with, which it disposes once it is replaced: for the tests that look at this.</summary>
    internal SuffixSnapshot First { get; }

    public RetirementDomain Domain { get; } = new();

    public long Publishes => _cell.Version;

    public void Reload(Dictionary<string, RuleKinds> rules)
    {
        _rules.Reload(rules);
        Publish();
    }

    public void Edit(string name, RuleKinds kinds)
    {
        _rules.Edit(name, kinds);
        Publish();
    }

    public IContestantReader OpenReader() => new Reader(_cell, Domain.Register());

    public void Dispose()
    {
        _cell.Dispose();
        Domain.Dispose();
    }

    private void Publish() => _cell.Publish(new SuffixSnapshot(_rules.Snapshot()));

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
