using System.Runtime;

namespace SuffixLookup;

/// <summary>
/// One set of rules, read by spans and reported on while a writer changes it as fast as it can: single edits, batches and full reloads. Counts what was
/// done, and each time somebody saw what the dictionary promises nobody sees.
/// </summary>
/// <remarks>
/// Every change stamps its rules with the next edition, so that a reader can tell from what it finds:
/// an edit is seen late where a rule is older than an edit that had returned before the look-up began; a batch or reload is seen half where a rule is
/// missing, or older than another of the same changes that was looked up before it.
/// </remarks>
internal sealed class LiveRules
{
    private const int HostsPerCheck = 256;
    private const int RoundsPerReload = 64;
    private const int ListedPerCheck = 4;
    private const string Edited = "edited.swmrkit-live";

    private static readonly TimeSpan s_reportTakes = TimeSpan.FromMilliseconds(5);
    private static readonly string[] s_together = ["one.swmrkit-live", "two.swmrkit-live", "three.swmrkit-live", "four.swmrkit-live"];

    private readonly IRuleBook _book;
    private readonly Dictionary<string, RuleKinds> _rules;
    private readonly string[] _listed;
    private readonly string[] _hosts;
    private long _lastEdit;
    private long _lookUps;
    private long _bytes;
    private long _edits;
    private long _batches;
    private long _reloads;
    private long _reports;
    private long _lateEdits;
    private long _halfBatches;
    private long _halfReloads;
    private long _mixedReports;

    /// <param name="book">Where the rules are to live.</param>
    /// <param name="list">The rules; a few names of this demonstration's own are added.</param>
    public LiveRules(IRuleBook book, Dictionary<string, RuleKinds> list)
    {
        _book = book;
        _listed = [.. list.Keys.Except([Edited, .. s_together])];
        _hosts = Hosts.Under(list);
        _rules = new Dictionary<string, RuleKinds>(list, StringComparer.Ordinal) { [Edited] = RuleKinds.Suffix };
        foreach (string name in s_together)
        {
            _rules[name] = RuleKinds.Suffix;
        }
    }

    /// <summary>Runs it for a time.</summary>
    public LiveRulesResult Run(int readers, TimeSpan duration)
    {
        _book.Reload(_rules);
        TimeSpan elapsed = Workers.Run(
            duration, [.. Enumerable.Range(0, readers).Select(reader => (Action<CancellationToken>)(stop => ReadUntil(reader * 7_919, stop)))], WriteUntil, ReportUntil);
        return new LiveRulesResult(_lookUps, _bytes, _edits, _batches, _reloads, _reports, _lateEdits, _halfBatches, _halfReloads, _mixedReports)
        {
            Elapsed = elapsed,
            Report = RuleReport.Of(_book.Snapshot()),
        };
    }

    private void ReadUntil(int first, CancellationToken stop)
    {
        int at = Read(first); // What runs for the first time may allocate, as types are loaded.

        // A background collection charges a thread with what is left of its piece of the heap, up to 8 KB, though it allocates nothing. After a collection
        // that blocks it has no such piece, and takes none until it does allocate.
        GC.Collect(0);
        long lookUps = 0;
        long bytes = 0;
        do
        {
            long compiled = JitInfo.GetCompiledMethodCount(currentThread: true);
            long before = GC.GetAllocatedBytesForCurrentThread();
            at = Read(at);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            // Where this thread had to compile the loop anew, the compiler's allocations are among them: such a step is not counted.
            if (JitInfo.GetCompiledMethodCount(currentThread: true) == compiled)
            {
                bytes += allocated;
                lookUps += HostsPerCheck;
            }
        }
        while (!stop.IsCancellationRequested || lookUps == 0);

        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _lookUps, lookUps);
    }

    /// <summary>Looks some hosts up, and at some rules that must agree.</summary>
    /// <returns>Where to go on.</returns>
    private int Read(int at)
    {
        for (int i = 0; i < HostsPerCheck; i++)
        {
            SuffixMatcher.FindRegistrable(new ByName(_book), _hosts[(at + i) % _hosts.Length]);
        }

        long lastEdit = Volatile.Read(ref _lastEdit);
        Count(_book.Find(Edited) is { } rule && rule.Edition >= lastEdit, ref _lateEdits);

        // In both orders: changes made one by one show only to a reader that asks for the first of them first.
        Count(AreSeenWhole(s_together, 0, s_together.Length, 1) && AreSeenWhole(s_together, s_together.Length - 1, s_together.Length, -1), ref _halfBatches);
        Count(AreSeenWhole(_listed, at, Math.Min(ListedPerCheck, _listed.Length), 7_919), ref _halfReloads);
        return (at + HostsPerCheck) % _hosts.Length;
    }

    /// <summary>Whether all of some names are there, and none is older than the one looked up before it.</summary>
    private bool AreSeenWhole(string[] names, int first, int count, int step)
    {
        long edition = 0;
        for (int i = 0; i < count; i++)
        {
            if (_book.Find(names[(first + (i * step)) % names.Length]) is not { } rule || rule.Edition < edition)
            {
                return false;
            }

            edition = rule.Edition;
        }

        return true;
    }

    private void WriteUntil(CancellationToken stop)
    {
        do
        {
            RuleKinds kinds = _edits % 2 == 0 ? RuleKinds.Wildcard : RuleKinds.Suffix;
            Volatile.Write(ref _lastEdit, _book.Edit(Edited, kinds));
            _edits++;
            _book.EditTogether(s_together.Select(name => KeyValuePair.Create(name, kinds)));
            _batches++;
            if (_edits % RoundsPerReload == 1)
            {
                _book.Reload(_rules);
                _reloads++;
            }
        }
        while (!stop.IsCancellationRequested);
    }

    private void ReportUntil(CancellationToken stop)
    {
        do
        {
            IReadOnlyDictionary<string, Rule> snapshot = _book.Snapshot();
            RuleReport begun = RuleReport.Of(snapshot);
            stop.WaitHandle.WaitOne(s_reportTakes); // The writer goes on meanwhile.
            Count(IsOfOneMoment(snapshot) && begun.Names == snapshot.Count && RuleReport.Of(snapshot) == begun, ref _mixedReports);
            _reports++;
        }
        while (!stop.IsCancellationRequested);
    }

    /// <summary>Whether it holds all names, those of the list of one edition, those of the batches too.</summary>
    private bool IsOfOneMoment(IReadOnlyDictionary<string, Rule> rules) =>
        rules.Count == _rules.Count && rules.ContainsKey(Edited) && AreOfOneEdition(rules, _listed) && AreOfOneEdition(rules, s_together);

    private static bool AreOfOneEdition(IReadOnlyDictionary<string, Rule> rules, string[] names) =>
        Array.TrueForAll(names, name => rules.TryGetValue(name, out Rule? rule) && rule.Edition == rules.GetValueOrDefault(names[0])?.Edition);

    private static void Count(bool isAsPromised, ref long violations)
    {
        if (!isAsPromised)
        {
            Interlocked.Increment(ref violations);
        }
    }

    private readonly struct ByName(IRuleBook book) : IRuleSource
    {
        public RuleKinds Find(ReadOnlySpan<char> host, int start) => book.Find(host[start..])?.Kinds ?? RuleKinds.None;
    }
}
