using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime;
using SuffixLookup;

namespace SwmrKit.Tests;

/// <summary>The sample's rules in a copy-on-write dictionary: what a change shows, and when.</summary>
public sealed class RuleBookTests : IClassFixture<SharedMachine>
{
    private static readonly Dictionary<string, RuleKinds> s_old = new(StringComparer.Ordinal)
    {
        ["com"] = RuleKinds.Suffix,
        ["ck"] = RuleKinds.Wildcard,
        ["www.ck"] = RuleKinds.Exception,
    };

    private static readonly Dictionary<string, RuleKinds> s_new = new(StringComparer.Ordinal)
    {
        ["com"] = RuleKinds.Wildcard,
        ["net"] = RuleKinds.Suffix,
        ["org"] = RuleKinds.Suffix,
    };

    private readonly RuleBook _book = new();
    private int _looked;

    public RuleBookTests() => _book.Reload(s_old);

    [Fact]
    public void A_look_up_by_span_allocates_nothing_found_or_not()
    {
        string[] hosts = Hosts.Under(ShippedList.Read());
        _book.Reload(ShippedList.Read());
        Assert.Equal(0, LookUpAll(hosts, static (book, name) => book.Find(name)));
    }

    [Fact]
    public void Control_a_look_up_that_makes_the_string_is_seen_to_allocate()
    {
        string[] hosts = Hosts.Under(ShippedList.Read());
        _book.Reload(ShippedList.Read());
        Assert.True(LookUpAll(hosts, static (book, name) => book.Find(name.ToString())) > 20 * hosts.Length);
    }

    [Fact]
    public void A_single_edit_is_in_force_when_it_has_returned()
    {
        long first = _book.Edit("net", RuleKinds.Suffix);
        Assert.Equal(new Rule(RuleKinds.Suffix, first), _book.Find("net"));
        long second = _book.Edit("net", RuleKinds.Wildcard);
        Assert.Equal(new Rule(RuleKinds.Wildcard, second), _book.Find("net"));
        Assert.True(second > first);
        _book.Edit("net", RuleKinds.None);
        Assert.Null(_book.Find("net"));
        Expect(s_old);
    }

    [Fact]
    public void A_batch_shows_nothing_before_it_is_whole_and_then_all_with_one_edition()
    {
        int probes = 0;
        _book.EditTogether(Between(Edits(), () =>
        {
            Expect(s_old);
            Elsewhere(() => Expect(s_old));
            probes++;
        }));

        Assert.Equal(3, probes);
        Expect(new() { ["ck"] = RuleKinds.Wildcard, ["www.ck"] = RuleKinds.Exception, ["net"] = RuleKinds.Suffix, ["org"] = RuleKinds.Suffix });
        Assert.Equal(_book.Find("net")!.Edition, _book.Find("org")!.Edition);
    }

    [Fact]
    public void A_batch_that_fails_half_way_changes_nothing_and_the_next_one_works()
    {
        int left = 2;
        Assert.Throws<TimeoutException>(() => _book.EditTogether(Between(Edits(), () => _ = left-- > 0 ? 0 : throw new TimeoutException())));
        Expect(s_old);
        _book.EditTogether(Edits());
        Assert.Null(_book.Find("com"));
        Assert.NotNull(_book.Find("org"));
    }

    [Fact]
    public void A_reload_shows_nothing_before_it_is_whole_and_then_the_new_list_alone_with_one_edition()
    {
        _book.Edit("edited", RuleKinds.Suffix);
        Dictionary<string, RuleKinds> before = new(s_old) { ["edited"] = RuleKinds.Suffix };
        int probes = 0;
        _book.Reload(new Watched(s_new, () =>
        {
            Expect(before);
            Elsewhere(() => Expect(before));
            probes++;
        }));

        Assert.Equal(s_new.Count, probes);
        Expect(s_new);
        Assert.Single(s_new.Keys.Select(name => _book.Find(name)!.Edition).Distinct());
    }

    [Fact]
    public void A_reload_that_fails_half_way_leaves_the_rules_in_force()
    {
        int left = 2;
        Assert.Throws<TimeoutException>(() => _book.Reload(new Watched(s_new, () => _ = left-- > 0 ? 0 : throw new TimeoutException())));
        Expect(s_old);
        _book.Reload(s_new);
        Expect(s_new);
    }

    [Fact]
    public void A_snapshot_stays_as_it_was_whatever_changes_afterwards()
    {
        DictionarySnapshot<string, Rule> snapshot = _book.Snapshot();
        KeyValuePair<string, Rule>[] before = [.. snapshot.OrderBy(static rule => rule.Key, StringComparer.Ordinal)];
        RuleReport report = RuleReport.Of(snapshot);
        Assert.Equal(new RuleReport(3, 1, 1, 1), report);

        _book.Edit("com", RuleKinds.Exception);
        _book.EditTogether(Edits());
        _book.Reload(s_new);

        Assert.Equal(before, snapshot.OrderBy(static rule => rule.Key, StringComparer.Ordinal));
        Assert.Equal(report, RuleReport.Of(snapshot));
        Assert.Equal(new RuleReport(3, 2, 1, 0), RuleReport.Of(_book.Snapshot()));
    }

    private static KeyValuePair<string, RuleKinds>[] Edits() => [new("com", RuleKinds.None), new("net", RuleKinds.Suffix), new("org", RuleKinds.Suffix)];

    private static IEnumerable<KeyValuePair<string, RuleKinds>> Between(IEnumerable<KeyValuePair<string, RuleKinds>> edits, Action probe)
    {
        foreach (KeyValuePair<string, RuleKinds> edit in edits)
        {
            yield return edit;
            probe();
        }
    }

    private static void Elsewhere(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    /// <summary>Looks up each name that a walk over each host asks for.</summary>
    /// <returns>What that allocated, in bytes, in a pass in which nothing was compiled: see LiveRules.</returns>
    private long LookUpAll(string[] hosts, LookUp lookUp)
    {
        for (int passes = 0; passes < 100; passes++)
        {
            GC.Collect(0);
            long compiled = JitInfo.GetCompiledMethodCount(currentThread: true);
            long before = GC.GetAllocatedBytesForCurrentThread();
            int found = Pass(hosts, lookUp);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (passes > 0 && JitInfo.GetCompiledMethodCount(currentThread: true) == compiled)
            {
                Assert.True(found >= hosts.Length && _looked > 2 * found, $"{found} found of {_looked}");
                return allocated;
            }
        }

        throw new InvalidOperationException("Something is compiled in every pass.");
    }

    private int Pass(string[] hosts, LookUp lookUp)
    {
        int found = 0;
        _looked = 0;
        foreach (string host in hosts)
        {
            for (int end = host.Length; end > 0; end = host.LastIndexOf('.', end - 1))
            {
                int start = host.LastIndexOf('.', end - 1) + 1;
                found += lookUp(_book, host.AsSpan(start)) is null ? 0 : 1;
                found += lookUp(_book, host.AsSpan(start, end - start)) is null ? 0 : 1;
                _looked += 2;
            }
        }

        return found;
    }

    /// <summary>By look-up and by snapshot.</summary>
    private void Expect(Dictionary<string, RuleKinds> rules)
    {
        Assert.All(rules.Keys.Union(s_old.Keys).Union(s_new.Keys), name => Assert.Equal(rules.GetValueOrDefault(name), _book.Find(name)?.Kinds ?? RuleKinds.None));
        Assert.Equal(rules, _book.Snapshot().ToDictionary(static rule => rule.Key, static rule => rule.Value.Kinds));
    }

    private delegate Rule? LookUp(RuleBook book, ReadOnlySpan<char> name);

    /// <summary>A list that calls somebody after each rule it gives.</summary>
    private sealed class Watched(Dictionary<string, RuleKinds> rules, Action probe) : IReadOnlyDictionary<string, RuleKinds>
    {
        public int Count => rules.Count;

        public IEnumerable<string> Keys => rules.Keys;

        public IEnumerable<RuleKinds> Values => rules.Values;

        public RuleKinds this[string key] => rules[key];

        public bool ContainsKey(string key) => rules.ContainsKey(key);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out RuleKinds value) => rules.TryGetValue(key, out value);

        public IEnumerator<KeyValuePair<string, RuleKinds>> GetEnumerator() => Between(rules, probe).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
