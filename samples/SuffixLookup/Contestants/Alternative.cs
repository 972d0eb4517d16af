namespace SuffixLookup;

/// <summary>What the alternatives share. None of them can dispose anything that a reader may still be using.</summary>
internal abstract class Alternative(string name) : IContestant
{
    public string Name { get; } = name;

    public abstract void Reload(Dictionary<string, RuleKinds> rules);

    public abstract void Edit(string name, RuleKinds kinds);

    public IContestantReader OpenReader() => new Reader(this);

    public virtual void Dispose()
    {
    }

    /// <summary>Looks up one host under whatever protection the alternative has.</summary>
    protected abstract int Find(string host);

    private sealed class Reader(Alternative alternative) : IContestantReader
    {
        public long Violations => 0;

        public long LookUp(ReadOnlySpan<string> hosts)
        {
            long sum = 0;
            foreach (string host in hosts)
            {
                sum += alternative.Find(host);
            }

            return sum;
        }

        public void Dispose()
        {
        }
    }
}
