using System.Text;

namespace SwmrKit.Tests.Guide;

/// <summary>The code of docs/dictionary.md.</summary>
public sealed class Routes : IClassFixture<SharedMachine>
{
    private sealed class Route(string service, int weight = 1)
    {
        public string Service => service;

        public int Weight => weight;
    }

    private sealed class Peer
    {
        public List<string> Received { get; } = [];

        public Task SendAsync(bool isReset, IEnumerable<DictionaryChange<string, Route>> changes, long version, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            lock (Received)
            {
                Received.Add($"{(isReset ? "everything" : "changes")}: {string.Join(", ", changes.Select(static change => change.Key).Order(StringComparer.Ordinal))}; {version}");
            }

            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task What_the_page_shows_is_so()
    {
        var report = new StringBuilder();
        CopyOnWriteDictionary<string, Route> routes = new() { ["/"] = new Route("home"), ["/prices"] = new Route("shop") };

        bool isKnown = routes.TryGetValue("/prices", out Route? route);                 // any thread, any time
        routes["/prices"] = new Route("shop", weight: 2);                               // seen by the next look-up
        Route made = routes.GetOrAdd("/help", static path => new Route("docs"));        // the factory runs once, whoever asks at the same time

        Assert.Equal((true, 1, "docs"), (isKnown, route!.Weight, made.Service));

        var bySpan = routes.GetAlternateLookup<ReadOnlySpan<char>>();
        bool isRouted = bySpan.ContainsKey("/prices?currency=eur".AsSpan(0, 7));

        Assert.True(isRouted);

        DictionarySnapshot<string, Route> snapshot = routes.Snapshot();
        foreach ((string path, Route target) in snapshot)
        {
            report.AppendLine($"{path} -> {target.Service} ({snapshot.Count} in all, version {snapshot.Version})");
        }

        Assert.Contains("/help -> docs (3 in all, version 4)", report.ToString(), StringComparison.Ordinal);

        routes.Update(static batch =>
        {
            batch.TryRemove("/help");
            batch.Set("/docs", new Route("docs"));
        });

        report.Clear();
        DictionarySnapshot<string, Route> later = routes.Snapshot();
        foreach (DictionaryChange<string, Route> change in later.ChangesSince(snapshot))
        {
            report.AppendLine($"{change.Kind} {change.Key}");                            // Added, Replaced or Removed, with the value it had and the one it has
        }

        Assert.Equal(["Added /docs", "Removed /help"], report.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        await Follow(routes, report);
    }

    [Fact]
    public void What_the_page_shows_of_sets_is_so()
    {
        var report = new StringBuilder();
        string line = "10.0.0.7 GET /";
        string[] feed = ["10.0.0.7", "10.0.0.9"];

        CopyOnWriteSet<string> blocked = ["10.0.0.7", "10.0.0.8"];
        var bySpan = blocked.GetAlternateLookup<ReadOnlySpan<char>>();
        bool isBlocked = bySpan.Contains(line.AsSpan(0, line.IndexOf(' ')));             // any thread, any time, no string made

        Assert.True(isBlocked);

        SetSnapshot<string> before = blocked.Snapshot();
        blocked.Update(batch =>                                                         // seen whole or not at all
        {
            batch.IntersectWith(feed);
            batch.UnionWith(feed);
        });
        SetSnapshot<string> after = blocked.Snapshot();
        report.AppendLine($"added {string.Join(", ", after.Except(before))}; removed {string.Join(", ", before.Except(after))}");

        Assert.Equal("added 10.0.0.9; removed 10.0.0.8" + Environment.NewLine, report.ToString());
    }

    [Fact]
    public void What_the_page_shows_of_frozen_dictionaries_is_so()
    {
        CopyOnWriteDictionary<string, Route> routes = new() { ["/"] = new Route("home") };
        FrozenDictionaryCell<string, Route> frozen = new(StringComparer.OrdinalIgnoreCase);

        void Reload(IEnumerable<KeyValuePair<string, Route>> loaded) => frozen.Replace(loaded);     // readers see the old one, then the new one

        Reload(routes);
        Assert.Equal("home", frozen["/"].Service);

        using var log = new DictionaryChangeLog<string, Route>(routes);
        using IDisposable following = log.Subscribe(since: default, _ => frozen.Replace(routes.Snapshot()));

        routes["/prices"] = new Route("shop");
        Wait.Until(() => frozen.ContainsKey("/PRICES"), "the frozen copy never became what the routes are");
    }

    private static async Task Follow(CopyOnWriteDictionary<string, Route> routes, StringBuilder report)
    {
        using var log = new DictionaryChangeLog<string, Route>(routes);
        log.Failed += (_, failure) => report.AppendLine($"a subscriber failed: {failure.Exception.Message}");

        CopyOnWriteDictionary<string, Route> copy = [];
        using IDisposable subscription = log.Subscribe(since: default, set => copy.Update(batch => batch.Apply(set)));

        var peer = new Peer();
        using var end = new CancellationTokenSource();
        Task sending = SendAsync(peer, log.Version, end.Token);
        routes.TryRemove("/docs");
        Wait.Until(() => copy.Count == 2 && copy.ContainsKey("/prices"), "the copy never became what the routes are");
        Wait.Until(() => peer.Received.Count == 1, "the peer never heard");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(["changes: /docs; 6"], peer.Received);
        Assert.DoesNotContain("failed", report.ToString(), StringComparison.Ordinal);

        async Task SendAsync(Peer peer, long known, CancellationToken cancellation)
        {
            await foreach (DictionaryChangeSet<string, Route> set in log.ResumeAsync(known, cancellation))
            {
                await peer.SendAsync(set.IsReset, set, set.ToVersion, cancellation);    // after a break in the line: from set.ToVersion on
            }
        }
    }
}
