namespace SuffixLookup;

/// <summary>
/// The same job under every contestant, in turns: readers look up hosts as fast as they can while a writer edits rules and
/// reloads the whole list at a fixed pace.
/// </summary>
internal sealed class Contest : IDisposable
{
    private const int Turns = 4;
    private const int EditsPerReload = 20;
    private const int HostsPerStep = 256;

    private static readonly TimeSpan s_editEvery = TimeSpan.FromMilliseconds(50);

    private readonly Arguments _arguments;
    private readonly Action<Standing[]> _progress;
    private readonly Action<string> _message;
    private readonly string[] _hosts;
    private readonly Standing[] _standings;
    private readonly SwmrContestant _ours;

    public Contest(Arguments arguments, Dictionary<string, RuleKinds> rules, Action<Standing[]> progress, Action<string> message)
    {
        _arguments = arguments;
        _progress = progress;
        _message = message;
        _hosts = Hosts.Under(rules);
        _ours = new SwmrContestant(rules);
        IContestant[] contestants =
        [
            _ours, new CopyOnWriteContestant(), new ConcurrentContestant(), new ImmutableContestant(), new FrozenContestant(), new ReaderWriterLockContestant(), new LockContestant(),
        ];
        foreach (IContestant contestant in contestants)
        {
            contestant.Reload(rules);
        }

        _standings = [.. contestants.Select(static contestant => new Standing(contestant))];
    }

    public int RejectedReloads { get; private set; }

    /// <summary>Runs all turns.</summary>
    public Standing[] Run()
    {
        TimeSpan slice = TimeSpan.FromSeconds(_arguments.Seconds) / (Turns * _standings.Length);
        for (int turn = 0; turn < Turns; turn++)
        {
            foreach (Standing standing in _standings)
            {
                RunSlice(standing, slice);
                _progress(_standings);
            }
        }

        // What the last turn retired is reclaimed by now or as soon as this has waited for the readers, which are gone.
        _ours.Domain.Synchronize(TimeSpan.FromSeconds(10));
        _standings[0].Sample();
        _progress(_standings);
        return _standings;
    }

    public void Dispose()
    {
        foreach (Standing standing in _standings)
        {
            standing.Contestant.Dispose();
        }
    }

    private void RunSlice(Standing standing, TimeSpan slice)
    {
        try
        {
            standing.Add(Workers.Run(
                slice,
                [.. Enumerable.Range(0, _arguments.Readers).Select(reader => (Action<CancellationToken>)(stop => ReadUntil(standing, reader * 7_919, stop)))],
                stop => WriteUntil(standing.Contestant, stop)));
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException($"{standing.Contestant.Name} failed: {exception.Message}", exception.InnerException);
        }
    }

    private void ReadUntil(Standing standing, int first, CancellationToken stop)
    {
        using IContestantReader reader = standing.Contestant.OpenReader();
        long reads = 0;
        long sum = 0;
        int at = first % _hosts.Length;
        while (!stop.IsCancellationRequested)
        {
            int count = Math.Min(HostsPerStep, _hosts.Length - at);
            sum += reader.LookUp(_hosts.AsSpan(at, count));
            reads += count;
            at = (at + count) % _hosts.Length;
        }

        standing.Count(reads, reader.Violations, sum);
    }

    private void WriteUntil(IContestant contestant, CancellationToken stop)
    {
        string[] edited = ["swmrkit-live-edit", "co.swmrkit-live-edit"];
        for (int i = 1; !stop.WaitHandle.WaitOne(s_editEvery); i++)
        {
            if (i % EditsPerReload == 0)
            {
                Reload(contestant);
            }
            else
            {
                contestant.Edit(edited[i % edited.Length], i % 4 < 2 ? RuleKinds.Suffix : RuleKinds.None);
            }
        }

        Reload(contestant);
    }

    /// <summary>A list that cannot be read leaves the rules in force as they are.</summary>
    private void Reload(IContestant contestant)
    {
        try
        {
            contestant.Reload(SuffixList.Read(_arguments.List));
        }
        catch (SuffixListException exception)
        {
            RejectedReloads++;
            _message("reload rejected, the previous rules stay in force: " + exception.Message);
        }
    }
}
