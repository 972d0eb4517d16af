using SwmrKit;

namespace SuffixLookup;

/// <summary>
/// Reloads of the list, each a little different, told by the change log of the dictionary they go to: a line for each says what it has changed, and native indexes follow it (<see cref="NativeRuleSets"/>), while readers look hosts up in them.
/// </summary>
internal sealed class FollowedRules
{
    public const int Reloads = 5;
    public const int LeftOutPerReload = 3;

    private const int HostsPerStep = 256;
    private const int MostNamesInALine = 4;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, RuleKinds> _list;
    private readonly string[] _names;
    private readonly string[] _hosts;
    private readonly Action<string> _line;
    private readonly RuleBook _book = new();
    private long _told;
    private int _reloads;
    private int _added;
    private int _removed;
    private int _changed;
    private int _replaced;
    private long _lookUps;
    private long _freedWhileRead;

    /// <param name="list">The rules.</param>
    /// <param name="line">Is given the line of each reload, on the thread that follows.</param>
    public FollowedRules(Dictionary<string, RuleKinds> list, Action<string> line)
    {
        _list = list;
        _names = [.. list.Keys.Order(StringComparer.Ordinal)];
        _hosts = Hosts.Under(list);
        _line = line;
    }

    /// <summary>Runs it for a time, and as long as its reloads take.</summary>
    public FollowedRulesResult Run(int readers, TimeSpan duration)
    {
        _book.Reload(_list);
        using var sets = new NativeRuleSets();
        Task following;
        using (DictionaryChangeLog<string, Rule> log = _book.Follow())
        {
            following = FollowAsync(log, sets);
            WaitUntilTold(following);
            Workers.Run(
                duration, [.. Enumerable.Range(0, readers).Select(reader => (Action<CancellationToken>)(stop => ReadUntil(sets, reader * 7_919, stop)))], stop => Reload(following, duration / (Reloads + 1), stop));
        }

        following.GetAwaiter().GetResult(); // The stream has ended with the log.
        sets.Domain.Synchronize(s_deadline);
        RetirementStatistics retirement = sets.Domain.Statistics;
        return new FollowedRulesResult(_reloads, _added, _removed, _changed, _replaced, _lookUps, _freedWhileRead, WrongAnswers(sets), retirement.Retired, retirement.Reclaimed) { Domains = sets.Count };
    }

    private async Task FollowAsync(DictionaryChangeLog<string, Rule> log, NativeRuleSets sets)
    {
        await foreach (DictionaryChangeSet<string, Rule> set in log.ReadAsync(default(DictionarySnapshot<string, Rule>)).ConfigureAwait(false))
        {
            int replaced = sets.Apply(set);
            if (!set.IsReset)
            {
                string[] added = NamesOf(set, DictionaryChangeKind.Added);
                string[] removed = NamesOf(set, DictionaryChangeKind.Removed);
                string[] changed = NamesOf(set, DictionaryChangeKind.Replaced);
                (_added, _removed, _changed, _replaced) = (_added + added.Length, _removed + removed.Length, _changed + changed.Length, _replaced + replaced);
                _line(FormattableString.Invariant($"reload {++_reloads}: {Told(added, "added")}{Told(removed, "removed")}{Told(changed, "changed")}{replaced} of {sets.Count:N0} indexes replaced"));
            }

            Volatile.Write(ref _told, set.ToVersion);
        }
    }

    /// <summary>Reloads the list with a few names left out, others each time, and one of this demonstration's own; those of the time before are there again, its own has gone.</summary>
    private void Reload(Task following, TimeSpan pause, CancellationToken stop)
    {
        for (int reload = 0; reload < Reloads; reload++)
        {
            Dictionary<string, RuleKinds> rules = new(_list, StringComparer.Ordinal);
            for (int i = 0; i < LeftOutPerReload; i++)
            {
                rules.Remove(_names[((reload * LeftOutPerReload) + i) * 7_919 % _names.Length]);
            }

            rules[FormattableString.Invariant($"reload-{reload + 1}.swmrkit-live")] = RuleKinds.Suffix;
            _book.Reload(rules);
            WaitUntilTold(following); // So that each is told by itself: what comes faster is told together.
            stop.WaitHandle.WaitOne(pause);
        }
    }

    private void WaitUntilTold(Task following)
    {
        if (!SpinWait.SpinUntil(() => Volatile.Read(ref _told) == _book.Version || following.IsCompleted, s_deadline))
        {
            throw new InvalidOperationException("the change log did not tell of a reload");
        }
    }

    private void ReadUntil(NativeRuleSets sets, int first, CancellationToken stop)
    {
        using ReaderHandle reader = sets.Domain.Register();
        long lookUps = 0;
        int at = first % _hosts.Length;
        do
        {
            for (int i = 0; i < HostsPerStep; i++)
            {
                sets.FindRegistrable(reader, _hosts[at], out bool isIntact);
                if (!isIntact)
                {
                    Interlocked.Increment(ref _freedWhileRead);
                }

                at = at + 1 == _hosts.Length ? 0 : at + 1;
            }

            lookUps += HostsPerStep;
        }
        while (!stop.IsCancellationRequested);
        Interlocked.Add(ref _lookUps, lookUps);
    }

    /// <summary>How many hosts the indexes, as the changes have made them, answer otherwise than the rules.</summary>
    private long WrongAnswers(NativeRuleSets sets)
    {
        using ReaderHandle reader = sets.Domain.Register();
        return _hosts.LongCount(host => sets.FindRegistrable(reader, host, out _) != _book.FindRegistrable(host));
    }

    private static string[] NamesOf(DictionaryChangeSet<string, Rule> set, DictionaryChangeKind kind) =>
        [.. set.Where(change => change.Kind == kind).Select(static change => change.Key).Order(StringComparer.Ordinal)];

    private static string Told(string[] names, string what) => names.Length == 0 ? ""
        : $"{names.Length} {what} ({string.Join(", ", names.Take(MostNamesInALine))}{(names.Length > MostNamesInALine ? ", ..." : "")}), ";
}
