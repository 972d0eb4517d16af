using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using SwmrKit;

namespace CacheNode;

/// <summary>The node: clients that ask for pages, and the cache between them and what makes the pages.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static readonly TimeSpan s_making = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1); // A client may be held up between the look-up and the judgement.

    private readonly Arguments _arguments;
    private readonly ServiceProvider _services;
    private readonly IMemoryCache _cache;
    private readonly string[] _keys;
    private readonly int[] _beingMade;
    private readonly ConcurrentDictionary<EvictionReason, long> _evictions = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _requests;
    private long _made;
    private long _told;
    private long _tooOld;
    private long _madeTwice;
    private long _overRoom;

    public Node(Arguments arguments)
    {
        _arguments = arguments;
        IServiceCollection services = new ServiceCollection().Configure<MemoryCacheOptions>(options =>
        {
            options.SizeLimit = arguments.Room;
            options.TrackStatistics = true;
            options.ExpirationScanFrequency = TimeSpan.FromMilliseconds(500);
        });
        _services = (arguments.Microsoft ? services.AddMemoryCache() : services.AddSwmrMemoryCache()).BuildServiceProvider();
        _cache = _services.GetRequiredService<IMemoryCache>();
        _keys = [.. Enumerable.Range(0, arguments.Pages).Select(static i => $"/page/{i}")];
        _beingMade = new int[arguments.Pages];
    }

    /// <summary>Runs the clients for as long as was asked for.</summary>
    public async Task<Standing> Run(Action<Standing> show)
    {
        using var end = new CancellationTokenSource();
        Task[] clients = [.. Enumerable.Range(0, _arguments.Clients).Select(i => Task.Run(() => Ask(i, end.Token)))];
        try
        {
            while (Elapsed < _arguments.Seconds)
            {
                await Task.Delay(TimeSpan.FromSeconds(Math.Clamp(_arguments.Seconds - Elapsed, 0.001, 1)));
                show(Standing());
            }
        }
        finally
        {
            await end.CancelAsync();
        }

        await Task.WhenAll(clients);
        return await Closed();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private double Elapsed => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    private async Task Ask(int seed, CancellationToken end)
    {
        var random = new Random(seed);
        while (!end.IsCancellationRequested)
        {
            int page = Popular(random);
            Page found = (_arguments.Microsoft
                ? await _cache.GetOrCreateAsync(_keys[page], entry => Make(entry, page))
                : await _cache.GetOrCreateOnceAsync(_keys[page], (entry, _) => Make(entry, page), CancellationToken.None))!;
            Interlocked.Increment(ref _requests);
            if (Stopwatch.GetElapsedTime(found.MadeAt) > _arguments.Keep + s_grace)
            {
                Interlocked.Increment(ref _tooOld);
            }

            if (SizeOfCache() > _arguments.Room)
            {
                Interlocked.Increment(ref _overRoom);
            }
        }
    }

    /// <summary>Of the pages some are asked for much more often than others.</summary>
    private int Popular(Random random) => (int)(Math.Pow(random.NextDouble(), 8) * _keys.Length);

    private async Task<Page> Make(ICacheEntry entry, int page)
    {
        if (Interlocked.Increment(ref _beingMade[page]) > 1)
        {
            Interlocked.Increment(ref _madeTwice);
        }

        await Task.Delay(s_making);
        var made = new Page(Stopwatch.GetTimestamp());
        entry.Size = 1;
        entry.AbsoluteExpirationRelativeToNow = _arguments.Keep;
        entry.RegisterPostEvictionCallback((_, _, reason, _) =>
        {
            _evictions.AddOrUpdate(reason, 1, static (_, count) => count + 1);
            Interlocked.Increment(ref _told);
        });
        Interlocked.Increment(ref _made);
        Interlocked.Decrement(ref _beingMade[page]);
        return made;
    }

    private long SizeOfCache() => Statistics().CurrentEstimatedSize!.Value;

    private MemoryCacheStatistics Statistics() => _cache is SwmrMemoryCache ours ? ours.GetCurrentStatistics()! : ((MemoryCache)_cache).GetCurrentStatistics()!;

    private Standing Standing()
    {
        MemoryCacheStatistics statistics = Statistics();
        return new Standing(
            _arguments.Microsoft ? "MemoryCache" : "SwmrMemoryCache", Elapsed, Interlocked.Read(ref _requests), statistics.TotalHits, statistics.TotalMisses,
            Interlocked.Read(ref _made), _evictions.GetValueOrDefault(EvictionReason.Expired), _evictions.GetValueOrDefault(EvictionReason.Capacity),
            _evictions.GetValueOrDefault(EvictionReason.Replaced), statistics.CurrentEntryCount, statistics.CurrentEstimatedSize!.Value, _arguments.Room,
            Interlocked.Read(ref _tooOld), Interlocked.Read(ref _madeTwice), Interlocked.Read(ref _overRoom), Untold: 0);
    }

    /// <summary>The end: everything that was made is still there, or was told to be gone.</summary>
    private async Task<Standing> Closed()
    {
        Standing last = Standing();
        _ = _cache is SwmrMemoryCache ours ? Cleared(ours.Clear) : Cleared(((MemoryCache)_cache).Clear);
        long waitsUntil = Stopwatch.GetTimestamp() + (30 * Stopwatch.Frequency);
        while (Interlocked.Read(ref _told) < Interlocked.Read(ref _made) && Stopwatch.GetTimestamp() < waitsUntil)
        {
            await Task.Delay(10);
        }

        return last with { Untold = Interlocked.Read(ref _made) - Interlocked.Read(ref _told) };
    }

    private static bool Cleared(Action clear)
    {
        clear();
        return true;
    }

    private sealed record Page(long MadeAt);
}
