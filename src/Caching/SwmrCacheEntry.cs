using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Primitives;

namespace SwmrKit;

/// <summary>An entry: until it is disposed its creator's alone, then in the cache and read by everybody.</summary>
/// <remarks>What is set after that (Microsoft's entries allow it) takes effect as an ordinary field does; only the value and the options of new entries may be relied on.</remarks>
internal sealed class SwmrCacheEntry(object key, SwmrMemoryCache cache) : ICacheEntry
{
    private static readonly AsyncLocal<SwmrCacheEntry?> s_current = new();

    private List<IChangeToken>? _tokens;
    private List<PostEvictionCallbackRegistration>? _callbacks;
    private SharedReference<IDisposable[]> _registrations;
    private SwmrCacheEntry? _parent;
    private object? _value;
    private TimeSpan? _relativeExpiration;
    private TimeSpan? _slidingExpiration;
    private long? _size;
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

    public DateTimeOffset? AbsoluteExpiration { get; set; }

    public TimeSpan? AbsoluteExpirationRelativeToNow
    {
        get => _relativeExpiration;
        set => _relativeExpiration = Positive(value, nameof(AbsoluteExpirationRelativeToNow));
    }

    public TimeSpan? SlidingExpiration
    {
        get => _slidingExpiration;
        set => _slidingExpiration = Positive(value, nameof(SlidingExpiration));
    }

    public IList<IChangeToken> ExpirationTokens => _tokens ??= [];

    public IList<PostEvictionCallbackRegistration> PostEvictionCallbacks => _callbacks ??= [];

    public CacheItemPriority Priority { get; set; } = CacheItemPriority.Normal;

    public long? Size
    {
        get => _size;
        set
        {
            if (value < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The size of a cache entry is not negative.");
            }

            _size = value;
        }
    }

    /// <summary>Why it is no longer to be found, or None.</summary>
    public EvictionReason Reason => (EvictionReason)_reason.Read();

    /// <summary>When it goes if nobody reads it from now on, in the clock's milliseconds.</summary>
    public long Deadline => Math.Min(AbsoluteDeadline, SlidingMilliseconds == long.MaxValue ? long.MaxValue : LastAccessed + SlidingMilliseconds);

    public long LastAccessed => _lastAccessed.ReadRelaxed();

    /// <summary>Whether a hit has to know the time.</summary>
    public bool HasDeadline { get; private set; }

    // The calendar's.
    public ExpirationCalendar.Day? Day { get; set; }

    public SwmrCacheEntry? NextInDay { get; set; }

    public SwmrCacheEntry? PreviousInDay { get; set; }

    /// <summary>Whether it is in the cache's table. Guarded by the cache's lock.</summary>
    public bool IsIn { get; set; }

    public bool HasTokens => _tokens is { Count: > 0 };

    private long AbsoluteDeadline { get; set; } = long.MaxValue;

    private long SlidingMilliseconds { get; set; } = long.MaxValue;

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

        lock (parent)
        {
            foreach (IChangeToken token in _tokens ?? [])
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
        if (_relativeExpiration is { } relative)
        {
            DateTimeOffset end = DateTimeOffset.MaxValue - now > relative ? now + relative : DateTimeOffset.MaxValue;
            AbsoluteExpiration = AbsoluteExpiration is { } earlier && earlier < end ? earlier : end;
        }

        if (AbsoluteExpiration is { } absolute)
        {
            AbsoluteDeadline = CacheClock.ToMilliseconds(absolute);
        }

        if (_slidingExpiration is { } sliding && sliding < TimeSpan.MaxValue)
        {
            SlidingMilliseconds = CacheClock.ToMilliseconds(sliding);
        }

        HasDeadline = AbsoluteDeadline != long.MaxValue || SlidingMilliseconds != long.MaxValue;
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

        if (HasDeadline && (now >= AbsoluteDeadline || now - LastAccessed >= SlidingMilliseconds))
        {
            Expire(EvictionReason.Expired);
            return true;
        }

        return false;
    }

    /// <summary>Notes a hit: written only if time has passed, so that readers of a hot entry share its line.</summary>
    public void NoteAccess(long now)
    {
        if (_lastAccessed.ReadRelaxed() < now)
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
