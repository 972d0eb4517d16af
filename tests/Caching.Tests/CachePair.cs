using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SwmrKit.Tests;

/// <summary>Microsoft's cache and ours, to which the same is done.</summary>
internal sealed class CachePair : IDisposable
{
    /// <summary>Of the tokens the one that does not call.</summary>
    public const int Polled = 2;

    public static readonly object[] Keys = ["a", "b", "c", 1, 2];

    private static readonly FieldInfo s_isCompacting = typeof(MemoryCache).GetField("lockFlag", BindingFlags.Instance | BindingFlags.NonPublic)
        ?? throw new InvalidOperationException("This version of MemoryCache has no field that says whether it is compacting: find another way to wait for that.");

    private static readonly PropertyInfo? s_evictions = typeof(MemoryCacheStatistics).GetProperty("TotalEvictions"); // Since version 11.

    private static readonly TimeSpan s_scanTime = TimeSpan.FromSeconds(30);
    private static readonly int[] s_advances = [1, 10, 15, 20, 60];
    private static readonly TimeSpan s_tick = TimeSpan.FromTicks(1);
    private static bool s_isLost; // Something did not come in time: what is tried from now on only makes the program shorter.

    private readonly TestClock _clock = new();
    private readonly ManualTime? _time;
    private readonly LogRecorder _log = new();
    private readonly MemoryCache _microsofts;
    private readonly SwmrMemoryCache _ours;
    private readonly long? _sizeLimit;
    private readonly double _compaction;
    private readonly CancellationTokenSource[] _sources = [new(), new(), new()];
    private readonly Stack<Twins> _begun = new();
    private readonly List<Twins> _committed = [];
    private readonly Dictionary<object, Twins> _lastCommitted = [];
    private int _values;
    private int _refusals;

    /// <param name="program">What is to be done.</param>
    /// <param name="leavesByItself">Whether ours scans for what has expired.</param>
    /// <param name="isControl">Whether ours, unlike Microsoft's, does not link entries.</param>
    public CachePair(RandomProgramTests.Sketch program, bool leavesByItself = false, bool isControl = false)
    {
        (_sizeLimit, _compaction) = (program.SizeLimit, program.Compaction);
        _microsofts = new MemoryCache(Options(TimeSpan.FromDays(10), _clock, program.IsLinked));
        if (leavesByItself)
        {
            _time = new ManualTime();
            _clock.UtcNow = _time.GetUtcNow();
        }

        var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(_log));
        _ours = new SwmrMemoryCache(
            Microsoft.Extensions.Options.Options.Create(Options(leavesByItself ? s_scanTime : TimeSpan.FromDays(10), leavesByItself ? null : _clock, program.IsLinked && !isControl)), loggers, _time ?? TimeProvider.System);

        MemoryCacheOptions Options(TimeSpan scanTime, TestClock? clock, bool isLinked) => new()
        {
            Clock = clock,
            SizeLimit = program.SizeLimit,
            CompactionPercentage = program.Compaction,
            TrackLinkedCacheEntries = isLinked,
            TrackStatistics = true,
            ExpirationScanFrequency = scanTime,
        };
    }

    /// <summary>How often ours has made room.</summary>
    private int Compactions => _log.Entries.Count(static entry => entry.Level == LogLevel.Debug);

    public void Do(RandomProgramTests.Step step)
    {
        Tick();
        object key = Keys[step.Entry.Key];
        switch (step.Act)
        {
            case RandomProgramTests.Act.Set:
                Commit(Begin(step.Entry));
                break;
            case RandomProgramTests.Act.SetAgain when _lastCommitted.TryGetValue(key, out Twins? last):
                Commit(Begin(step.Entry with { Size = last.Shape.Size }));
                break;
            case RandomProgramTests.Act.Begin:
                _begun.Push(Begin(step.Entry));
                break;
            case RandomProgramTests.Act.Commit when _begun.TryPop(out Twins? begun):
                Commit(begun);
                break;
            case RandomProgramTests.Act.Change when _lastCommitted.TryGetValue(key, out Twins? changed):
                changed.ForEach(entry =>
                {
                    SetOptions(entry.Itself, step.Entry);
                    entry.Itself.Dispose();
                });
                break;
            case RandomProgramTests.Act.Abandon:
                _microsofts.CreateEntry(key).Dispose();
                _ours.CreateEntry(key).Dispose();
                break;
            case RandomProgramTests.Act.Get:
                LookUp(key);
                break;
            case RandomProgramTests.Act.GetOften:
                LookUpAll();
                break;
            case RandomProgramTests.Act.GetBySpan when key is string text:
                Assert.Equal((_microsofts.TryGetValue(text.AsSpan(), out object? theirs), theirs), (_ours.TryGetValue(text.AsSpan(), out object? found), found));
                break;
            case RandomProgramTests.Act.Remove:
                Remove(key);
                break;
            case RandomProgramTests.Act.Advance:
                Advance(TimeSpan.FromSeconds(s_advances[step.Number % s_advances.Length]) - (2 * s_tick)); // What the step before has set goes in the very moment of the next.
                break;
            case RandomProgramTests.Act.Cancel when step.Number % _sources.Length is var token:
                Cancel(token);
                break;
            case RandomProgramTests.Act.Compact:
                _microsofts.Compact(step.Number / 9.0);
                _ours.Compact(step.Number / 9.0);
                break;
            case RandomProgramTests.Act.Clear:
                _microsofts.Clear();
                _ours.Clear();
                break;
        }
    }

    public void CommitAll()
    {
        while (_begun.TryPop(out Twins? begun))
        {
            Tick();
            Commit(begun);
        }
    }

    public void AssertAlike()
    {
        Assert.Equal(_microsofts.Count, _ours.Count);
        Assert.True(_microsofts.Keys.ToHashSet().SetEquals(_ours.Keys), "other keys are there");
        MemoryCacheStatistics theirs = _microsofts.GetCurrentStatistics()!;
        MemoryCacheStatistics ours = _ours.GetCurrentStatistics()!;
        Assert.Equal(
            (theirs.TotalHits, theirs.TotalMisses, theirs.CurrentEntryCount, theirs.CurrentEstimatedSize), (ours.TotalHits, ours.TotalMisses, ours.CurrentEntryCount, ours.CurrentEstimatedSize));
        WaitUntilTold();
        WaitUntil( // Microsoft's counts what a token took out after it has told.
            () => Equals(s_evictions?.GetValue(_microsofts.GetCurrentStatistics()), s_evictions?.GetValue(_ours.GetCurrentStatistics())), "the evictions are not counted alike");
        Assert.All(_committed, static twins => Assert.Equal(twins.Theirs.Told, twins.Ours.Told));
        Assert.All(_committed.Concat(_begun), static twins => Assert.Equal(twins.Theirs.Itself.AbsoluteExpiration, twins.Ours.Itself.AbsoluteExpiration));
    }

    /// <summary>Nothing is done any more but to read it all, now and then, so many times.</summary>
    public void AssertLeavesByItself(int readings)
    {
        for (int i = 0; i < readings; i++)
        {
            Advance(s_scanTime);
            HashSet<object> remaining = [.. _ours.Keys];
            LookUpAll();
            Assert.Superset(_microsofts.Keys.ToHashSet(), remaining); // What has not expired has not left.
        }

        for (int i = 0; i < 4; i++)
        {
            Advance(s_scanTime); // Nothing stays unread for more than a minute that does not stay for ever.
        }

        Assert.True(_microsofts.Keys.Where(key => _lastCommitted[key].StaysForEver).ToHashSet().SetEquals(_ours.Keys), "what has expired is still there, or something else has left");
        WaitUntilTold();
        LookUpAll();
    }

    public void Dispose()
    {
        CommitAll();
        _microsofts.Dispose();
        _ours.Dispose();
        Array.ForEach(_sources, static source => source.Dispose());
        _log.Dispose();
    }

    private static void WaitUntil(Func<bool> condition, string what)
    {
        bool isSo = SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(s_isLost ? 1 : 60));
        s_isLost |= !isSo;
        Assert.True(isSo, what);
    }

    private void Tick() => Advance(s_tick);

    private void Advance(TimeSpan by)
    {
        _clock.Advance(by);
        _time?.Advance(by);
    }

    private Twins Begin(RandomProgramTests.Shape shape)
    {
        var twins = new Twins(shape, new Entry(_microsofts.CreateEntry(Keys[shape.Key])), new Entry(_ours.CreateEntry(Keys[shape.Key])));
        int value = ++_values;
        twins.ForEach(entry =>
        {
            entry.Itself.Value = value;
            entry.Itself.Size = shape.Size;
            SetOptions(entry.Itself, shape);
            if (shape.Token is { } token)
            {
                entry.Itself.ExpirationTokens.Add(new Token(calls: token != Polled, _sources[token].Token));
            }
        });
        return twins;
    }

    /// <summary>Sets what may be set of a committed entry too.</summary>
    private void SetOptions(ICacheEntry entry, RandomProgramTests.Shape shape)
    {
        entry.Priority = shape.Priority;
        entry.AbsoluteExpiration = _clock.UtcNow + shape.Absolute;
        entry.AbsoluteExpirationRelativeToNow = shape.Relative;
        entry.SlidingExpiration = shape.Sliding;
    }

    private void Commit(Twins twins)
    {
        object key = Keys[twins.Shape.Key];
        bool isPriorThere = _lastCommitted.TryGetValue(key, out Twins? prior) && _microsofts.Keys.Contains(key);
        long size = _microsofts.GetCurrentStatistics()!.CurrentEstimatedSize ?? 0;
        if (isPriorThere && size - prior!.Shape.Size + twins.Shape.Size > _sizeLimit)
        {
            Remove(key);
            size -= prior.Shape.Size ?? 0;
        }

        Exception? theirFailure = Record.Exception(twins.Theirs.Itself.Dispose);
        Exception? ourFailure = Record.Exception(twins.Ours.Itself.Dispose);
        Assert.Equal(theirFailure?.GetType(), ourFailure?.GetType());
        if (theirFailure is not null)
        {
            return;
        }

        _committed.Add(twins);
        _lastCommitted[key] = twins;
        WaitUntil(() => (int)s_isCompacting.GetValue(_microsofts)! == 0, "Microsoft's cache never ends compacting");
        WaitUntilTold();
        if (twins.Theirs.IsRefused)
        {
            int refusals = ++_refusals;
            WaitUntil(() => Compactions == refusals, "our cache never makes room");
            if (_sizeLimit is { } limit && size <= limit - (long)(limit * _compaction))
            {
                LookUpAll();
            }
        }
    }

    private void Remove(object key)
    {
        _microsofts.Remove(key);
        _ours.Remove(key);
    }

    private void LookUpAll()
    {
        foreach (object key in Keys)
        {
            Tick();
            LookUp(key);
        }
    }

    private void LookUp(object key) => Assert.Equal((_microsofts.TryGetValue(key, out object? theirs), theirs), (_ours.TryGetValue(key, out object? found), found));

    /// <summary>Whoever has the token goes; the next who want one get another.</summary>
    private void Cancel(int token)
    {
        if (_sources[token].IsCancellationRequested)
        {
            _sources[token].Dispose();
            _sources[token] = new CancellationTokenSource();
            return;
        }

        _sources[token].Cancel();
        WaitUntil(() => _committed.TrueForAll(static twins => twins.All(static entry => !entry.IsCalled || !entry.Told.IsEmpty)), "a token takes nothing out");
    }

    private void WaitUntilTold() => WaitUntil(
        () => _committed.Count(static twins => !twins.Theirs.Told.IsEmpty) == _committed.Count - _microsofts.Count && _committed.Count(static twins => !twins.Ours.Told.IsEmpty) == _committed.Count - _ours.Count,
        "somebody is not told");

    /// <summary>The same entry of either cache.</summary>
    private sealed record Twins(RandomProgramTests.Shape Shape, Entry Theirs, Entry Ours)
    {
        public bool StaysForEver => Ours.Itself is { AbsoluteExpiration: null, SlidingExpiration: null };

        public void ForEach(Action<Entry> action)
        {
            action(Theirs);
            action(Ours);
        }

        public bool All(Func<Entry, bool> predicate) => predicate(Theirs) && predicate(Ours);
    }

    private sealed class Entry
    {
        public Entry(ICacheEntry itself)
        {
            Itself = itself;
            itself.RegisterPostEvictionCallback((key, value, reason, _) => Told.Enqueue((key, value, reason)));
        }

        public ICacheEntry Itself { get; }

        /// <summary>What its listener was told: if all is well, one thing at most.</summary>
        public ConcurrentQueue<(object Key, object? Value, EvictionReason Reason)> Told { get; } = [];

        /// <summary>Whether there was no room for it, just after it was committed.</summary>
        public bool IsRefused => Told.Any(static told => told.Reason == EvictionReason.Capacity);

        /// <summary>Whether a token has called.</summary>
        public bool IsCalled => Itself.ExpirationTokens.Any(static token => token is { ActiveChangeCallbacks: true, HasChanged: true });
    }

    private sealed class Token(bool calls, CancellationToken cancellation) : IChangeToken
    {
        public bool HasChanged => cancellation.IsCancellationRequested;

        public bool ActiveChangeCallbacks => calls;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state) =>
            calls ? cancellation.UnsafeRegister(callback, state) : throw new InvalidOperationException("nobody asks it to call");
    }
}
