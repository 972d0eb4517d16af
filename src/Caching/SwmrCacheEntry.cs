using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Primitives;

namespace SwmrKit;

/// <summary>An entry: until it is disposed its creator's alone, then in the cache and read by everybody.</summary>
/// <remarks>What is set after that (Microsoft's entries allow it) takes effect as an ordinary field does, but for the size, which stays, and leaves by itself only when it is found; only the value and the options of new entries may be relied on.</remarks>
internal sealed class SwmrCacheEntry(object key, SwmrMemoryCache cache) : ICacheEntry
{
    private const long Never = long.MaxValue;
    private const long NoSize = -1;

    private static readonly long s_longest = CacheClock.ToMilliseconds(TimeSpan.MaxValue);

    private static readonly AsyncLocal<SwmrCacheEntry?> s_current = new();

    private List<IChangeToken>? _tokens;
    private List<PostEvictionCallbackRegistration>? _callbacks;
    private SharedReference<IDisposable[]> _registrations;
    private SwmrCacheEntry? _parent;
    private object? _value;

    // There is an entry for every value that is cached: so what may be null has no word of its own that says whether it is. Of times the milliseconds are kept that hits compare, rounded up,
    // and the ticks by which they were rounded.
    private long _absoluteDeadline = Never;
    private long _slidingMilliseconds = Never;
    private long _relativeTicks; // 0 for none.
    private long _size = NoSize;
    private short _absoluteRounding;
    private short _absoluteOffset; // Minutes.
    private short _slidingRounding;
    private byte _priority = (byte)CacheItemPriority.Normal;
    private bool _isValueSet;
    private bool _isDisposed;

    // Written once, inside the cache's lock or by whoever finds it out; read by everybody.
    private SharedInt32 _reason;

    // Milliseconds of the cache's clock. Written by hits, when it has changed: nobody relies on another's order.
    private SharedInt64 _lastAccessed;

    public object Key { get; } = key;

    public object? Value
    {
        get => _value;
        set
        {
            _value = value;
            _isValueSet = true;
        }
    }

    public DateTimeOffset? AbsoluteExpiration
    {
        get
        {
            if (_absoluteDeadline == Never)
            {
                return null;
            }

            var offset = TimeSpan.FromMinutes(_absoluteOffset);
            return new DateTimeOffset((_absoluteDeadline * TimeSpan.TicksPerMillisecond) - _absoluteRounding + offset.Ticks, offset);
        }

        set
        {
            _absoluteDeadline = value is { } date ? CacheClock.ToMilliseconds(date) : Never;
            _absoluteRounding = value is { } rounded ? (short)((_absoluteDeadline * TimeSpan.TicksPerMillisecond) - rounded.UtcTicks) : default;
            _absoluteOffset = value is { } local ? (short)local.TotalOffsetMinutes : default;
        }
    }

    public TimeSpan? AbsoluteExpirationRelativeToNow
    {
        get => _relativeTicks == 0 ? null : new TimeSpan(_relativeTicks);
        set => _relativeTicks = Positive(value, nameof(AbsoluteExpirationRelativeToNow))?.Ticks ?? 0;
    }

    public TimeSpan? SlidingExpiration
    {
        get => _slidingMilliseconds == Never ? null : new TimeSpan((_slidingMilliseconds * TimeSpan.TicksPerMillisecond) - _slidingRounding);
        set
        {
            _slidingMilliseconds = Positive(value, nameof(SlidingExpiration)) is { } time ? CacheClock.ToMilliseconds(time) : Never;
            _slidingRounding = value is { } rounded ? (short)((_slidingMilliseconds * TimeSpan.TicksPerMillisecond) - rounded.Ticks) : default;
        }
    }

    public IList<IChangeToken> ExpirationTokens => _tokens ??= [];

    public IList<PostEvictionCallbackRegistration> PostEvictionCallbacks => _callbacks ??= [];

    public CacheItemPriority Priority
    {
        get => (CacheItemPriority)_priority;
        set => _priority = (byte)value;
    }

    public long? Size
    {
        get => _size == NoSize ? null : _size;
        set
        {
            if (value < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The size of a cache entry is not negative.");
            }

            if (!_isDisposed)
            {
                _size = value ?? NoSize; // Later the cache has it in its sum.
            }
        }
    }

    /// <summary>Why it is no longer to be found, or None.</summary>
    public EvictionReason Reason => (EvictionReason)_reason.Read();

    /// <summary>When it goes if nobody reads it from now on, in the clock's milliseconds. To be asked of an entry that has a deadline.</summary>
    public long Deadline => Math.Min(_absoluteDeadline, _slidingMilliseconds == Never ? Never : LastAccessed + _slidingMilliseconds);

    public long LastAccessed => _lastAccessed.ReadRelaxed();

    /// <summary>Whether a hit has to know the time.</summary>
    public bool HasDeadline => _absoluteDeadline != Never || _slidingMilliseconds < s_longest;

    // The calendar's.
    public ExpirationCalendar.Day? Day { get; set; }

    public SwmrCacheEntry? NextInDay { get; set; }

    public SwmrCacheEntry? PreviousInDay { get; set; }

    /// <summary>Whether it is in the cache's table. Guarded by the cache's lock.</summary>
    public bool IsIn { get; set; }

    public bool HasTokens => _tokens is { Count: > 0 };

    /// <summary>The entry being created on this flow of execution, of any cache that tracks them.</summary>
    public static SwmrCacheEntry? Current => s_current.Value;

    /// <summary>Makes it the one being created, inside the one that is.</summary>
    public void EnterScope()
    {
        _parent = s_current.Value;
        s_current.Value = this;
    }

    /// <summary>Puts it into the cache, if a value was set: without one the creator has failed.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        SwmrCacheEntry? parent = _parent;
        if (cache.TracksLinkedEntries)
        {
            s_current.Value = parent;
            _parent = null;
        }

        if (_isValueSet)
        {
            cache.Put(this);
            if (parent is not null)
            {
                PropagateTo(parent);
            }
        }
    }

    /// <summary>What this entry depends on, one that was made of it depends on too.</summary>
    public void PropagateTo(SwmrCacheEntry? parent)
    {
        if (parent is null || ReferenceEquals(parent, this) || (!HasTokens && AbsoluteExpiration is null))
        {
            return;
        }

        IChangeToken[] tokens = [];
        if (HasTokens)
        {
            lock (this)
            {
                tokens = [.. _tokens!]; // A flow that was begun inside this entry's scope may still add some. One lock at a time, for scopes may be entwined.
            }
        }

        lock (parent)
        {
            foreach (IChangeToken token in tokens)
            {
                parent.ExpirationTokens.Add(token);
            }

            if (AbsoluteExpiration is { } mine && !(parent.AbsoluteExpiration <= mine))
            {
                parent.AbsoluteExpiration = mine;
            }
        }
    }

    /// <summary>Settles when it goes. To be called before it is published.</summary>
    /// <returns>Now, in the clock's milliseconds.</returns>
    public long Begin(CacheClock clock)
    {
        DateTimeOffset now = clock.NowOfWrite();
        long milliseconds = CacheClock.ToMilliseconds(now);
        _lastAccessed.WriteRelaxed(milliseconds);
        if (AbsoluteExpirationRelativeToNow is { } relative)
        {
            DateTimeOffset end = DateTimeOffset.MaxValue - now > relative ? now + relative : DateTimeOffset.MaxValue;
            if (!(AbsoluteExpiration < end))
            {
                AbsoluteExpiration = end;
            }
        }

        return milliseconds;
    }

    /// <summary>Whether it may no longer be found; if so, it says from now on why. Asks its tokens.</summary>
    public bool IsExpired(long now)
    {
        if (HasPassed(now))
        {
            return true;
        }

        if (_tokens is { Count: > 0 } tokens && HasChanged(tokens))
        {
            Expire(EvictionReason.TokenExpired);
            return true;
        }

        return false;
    }

    /// <summary>As <see cref="IsExpired"/>, but for the tokens: no code of the user's runs.</summary>
    public bool HasPassed(long now)
    {
        if (Reason != EvictionReason.None)
        {
            return true;
        }

        if (HasDeadline && (now >= _absoluteDeadline || now - LastAccessed >= _slidingMilliseconds))
        {
            Expire(EvictionReason.Expired);
            return true;
        }

        return false;
    }

    /// <summary>Notes a hit: written only if the time has changed, so that readers of a hot entry share its line. A date that is set back counts too, or a sliding entry would stay until it has come again.</summary>
    public void NoteAccess(long now)
    {
        if (_lastAccessed.ReadRelaxed() != now)
        {
            _lastAccessed.WriteRelaxed(now);
        }
    }

    /// <summary>Says why it goes; the first reason stands.</summary>
    public void Expire(EvictionReason reason) => _ = _reason.CompareExchange((int)reason, (int)EvictionReason.None);

    /// <summary>Listens to its tokens, those that call by themselves.</summary>
    public void AttachTokens()
    {
        if (_tokens is not { Count: > 0 } tokens)
        {
            return;
        }

        var registrations = new List<IDisposable>();
        try
        {
            for (int i = 0; i < tokens.Count && Reason == EvictionReason.None; i++)
            {
                if (tokens[i].ActiveChangeCallbacks)
                {
                    registrations.Add(tokens[i].RegisterChangeCallback(static state => ((SwmrCacheEntry)state!).OnTokenChanged(), this));
                }
            }
        }
        finally
        {
            // Interlocked as TellEvicted's look at them is: either that finds them, or this finds that there is a reason to go.
            _ = _registrations.Exchange([.. registrations]);
            if (Reason != EvictionReason.None)
            {
                DetachTokens();
            }
        }
    }

    private void OnTokenChanged()
    {
        Expire(EvictionReason.TokenExpired);
        cache.RemoveExpired(this);
    }

    private void DetachTokens()
    {
        foreach (IDisposable registration in _registrations.Exchange(null) ?? [])
        {
            try
            {
                registration.Dispose();
            }
#pragma warning disable CA1031 // Whoever evicts has no part in it, and others are still to be told.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                cache.ReportCallbackFailure(exception);
            }
        }
    }

    /// <summary>Tells whoever wants to know, on the thread pool, in order.</summary>
    public void TellEvicted()
    {
        DetachTokens();
        if (_callbacks is { Count: > 0 } callbacks)
        {
            _ = Task.Factory.StartNew(
                static state =>
                {
                    (SwmrCacheEntry entry, PostEvictionCallbackRegistration[] callbacks) = ((SwmrCacheEntry, PostEvictionCallbackRegistration[]))state!;
                    entry.Tell(callbacks);
                },
                (this, callbacks.ToArray()), CancellationToken.None, TaskCreationOptions.DenyChildAttach, cache.Scheduler);
        }
    }

    private void Tell(PostEvictionCallbackRegistration[] callbacks)
    {
        foreach (PostEvictionCallbackRegistration registration in callbacks)
        {
            try
            {
                registration.EvictionCallback?.Invoke(Key, Value, Reason, registration.State);
            }
#pragma warning disable CA1031 // One listener's failure is its own; the others are told.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                cache.ReportCallbackFailure(exception);
            }
        }
    }

    private static bool HasChanged(List<IChangeToken> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].HasChanged)
            {
                return true;
            }
        }

        return false;
    }

    private static TimeSpan? Positive(TimeSpan? value, string name) => value <= TimeSpan.Zero
        ? throw new ArgumentOutOfRangeException(name, value, "The time until an entry expires is positive.")
        : value;
}
