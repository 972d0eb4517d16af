using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Primitives;

namespace SwmrKit;

/// <summary>An entry: until it is disposed its creator's alone, then in the cache and read by everybody.</summary>
/// <remarks>What is set after that (Microsoft's entries allow it) takes effect as an ordinary field does, but for the size, which stays, and leaves by itself only when it is found; only the value and the options of new entries may be relied on.</remarks>
internal sealed class SwmrCacheEntry(object key, CalendarPage page) : ICacheEntry
{
    /// <summary>The deadline of what stays, in ticks. No date is as late.</summary>
    public const long Never = long.MaxValue;

    private const long NoSize = -1;

    // What the place says of an entry that is in no place: what its creator has done with it.
    private const sbyte NoValue = -3;
    private const sbyte HasValue = -2;
    private const sbyte Out = -1;

    private static readonly AsyncLocal<SwmrCacheEntry?> s_current = new();

    // There is an entry for every value that is cached: so what may be null has no word of its own that says whether it is, and the last four fit into one word with what comes after them. docs/caching.md counts
    // the bytes.
    private object? _value;
    private CacheEntryNotices? _notices; // Null while it listens to nobody and tells nobody.
    private CalendarPage _page = page; // Guarded by the cache's lock, as the place is from the commit on; others get to the cache by it, whichever page they find.
    private long _absoluteDeadline = Never;
    private long _slidingTicks; // 0 for none, as below.
    private long _relativeTicks;
    private long _size = NoSize;
    private short _absoluteOffset; // Minutes.
    private byte _priority = (byte)CacheItemPriority.Normal;
    private sbyte _place = NoValue;

    // Written once, inside the cache's lock or by whoever finds it out; read by everybody.
    private SharedInt32 _reason;

    // Ticks of the cache's clock. Written by hits, when it has changed: nobody relies on another's order.
    private SharedInt64 _lastAccessed;

    public object Key { get; } = key;

    public object? Value
    {
        get => _value;
        set
        {
            _value = value;
            if (_place == NoValue)
            {
                _place = HasValue;
            }
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
            return new DateTimeOffset(_absoluteDeadline + offset.Ticks, offset);
        }

        set => (_absoluteDeadline, _absoluteOffset) = value is { } date ? (date.UtcTicks, (short)date.TotalOffsetMinutes) : (Never, default);
    }

    public TimeSpan? AbsoluteExpirationRelativeToNow
    {
        get => _relativeTicks == 0 ? null : new TimeSpan(_relativeTicks);
        set => _relativeTicks = Positive(value, nameof(AbsoluteExpirationRelativeToNow));
    }

    public TimeSpan? SlidingExpiration
    {
        get => _slidingTicks == 0 ? null : new TimeSpan(_slidingTicks);
        set => _slidingTicks = Positive(value, nameof(SlidingExpiration));
    }

    public IList<IChangeToken> ExpirationTokens => Notices.Tokens;

    public IList<PostEvictionCallbackRegistration> PostEvictionCallbacks => Notices.Callbacks;

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
                throw new ArgumentOutOfRangeException(nameof(value), value, $"The Size of a cache entry was set to {value}. It is 0 or more, in the units of the cache's SizeLimit, or null where there is no limit.");
            }

            if (_place < Out)
            {
                _size = value ?? NoSize; // Later the cache has it in its sum.
            }
        }
    }

    /// <summary>Why it is no longer to be found, or None.</summary>
    public EvictionReason Reason => (EvictionReason)_reason.Read();

    /// <summary>When it goes if nobody reads it from now on, in ticks of the clock.</summary>
    public long Deadline => Math.Min(_absoluteDeadline, _slidingTicks == 0 || _slidingTicks > Never - LastAccessed ? Never : LastAccessed + _slidingTicks);

    public long LastAccessed => _lastAccessed.ReadRelaxed();

    /// <summary>Whether a hit has to know the time.</summary>
    public bool HasDeadline => _absoluteDeadline != Never || _slidingTicks != 0;

    public SwmrMemoryCache Cache => _page.Cache;

    /// <summary>Where it is written down in the calendar.</summary>
    public CalendarPage Page => _page;

    /// <summary>Its place on the page.</summary>
    public sbyte Place => _place;

    /// <summary>Whether it is in the cache's table. Guarded by the cache's lock.</summary>
    public bool IsIn => _place > Out;

    private CacheEntryNotices Notices => _notices ??= new CacheEntryNotices();

    /// <summary>The entry being created on this flow of execution, of any cache that tracks them.</summary>
    public static SwmrCacheEntry? Current => s_current.Value;

    /// <summary>Makes it the one being created, inside the one that is.</summary>
    public void EnterScope()
    {
        Notices.Parent = s_current.Value; // So that it has them from here on, whichever flows add to them.
        s_current.Value = this;
    }

    /// <summary>Puts it into the cache, if a value was set: without one the creator has failed.</summary>
    public void Dispose()
    {
        if (_place >= Out)
        {
            return;
        }

        bool isValueSet = _place == HasValue;
        _place = Out;
        SwmrCacheEntry? parent = null;
        if (Cache.TracksLinkedEntries)
        {
            parent = Notices.Parent;
            s_current.Value = parent;
            Notices.Parent = null;
        }

        if (isValueSet)
        {
            Cache.Put(this);
            if (parent is not null)
            {
                PropagateTo(parent);
            }
        }
    }

    /// <summary>Says where it is in the calendar, and so that it is in the cache's table.</summary>
    public void MoveTo(CalendarPage page, sbyte place) => (_page, _place) = (page, place);

    /// <summary>Says that it is in the table no more. It is on no page that others are on.</summary>
    public void Leave() => _place = Out;

    /// <summary>What this entry depends on, one that was made of it depends on too.</summary>
    public void PropagateTo(SwmrCacheEntry? parent)
    {
        if (parent is null || ReferenceEquals(parent, this) || (_notices is not { HasTokens: true } && _absoluteDeadline == Never))
        {
            return;
        }

        IChangeToken[] tokens = [];
        if (_notices is { HasTokens: true } notices)
        {
            lock (this)
            {
                tokens = [.. notices.Tokens]; // A flow that was begun inside this entry's scope may still add some. One lock at a time, for scopes may be entwined.
            }
        }

        lock (parent)
        {
            foreach (IChangeToken token in tokens)
            {
                parent.ExpirationTokens.Add(token);
            }

            long mine = _absoluteDeadline; // In ticks: while another flow changes it, date and offset may be of two dates, and no date together.
            if (mine < parent._absoluteDeadline)
            {
                (parent._absoluteDeadline, parent._absoluteOffset) = (mine, _absoluteOffset);
            }
        }
    }

    /// <summary>Settles when it goes. To be called before it is published.</summary>
    /// <returns>Now, in ticks of the clock.</returns>
    public long Begin(CacheClock clock)
    {
        long now = clock.NowOfWrite();
        _lastAccessed.WriteRelaxed(now);
        if (_relativeTicks != 0)
        {
            long last = DateTimeOffset.MaxValue.UtcTicks;
            long end = _relativeTicks < last - now ? now + _relativeTicks : last;
            if (_absoluteDeadline >= end)
            {
                (_absoluteDeadline, _absoluteOffset) = (end, 0);
            }
        }

        return now;
    }

    /// <summary>Whether it may no longer be found; if so, it says from now on why. Asks its tokens.</summary>
    public bool IsExpired(long now)
    {
        if (HasPassed(now))
        {
            return true;
        }

        if (_notices is { } notices && notices.HasChanged())
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

        if (now >= _absoluteDeadline || (_slidingTicks != 0 && now - LastAccessed >= _slidingTicks))
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

    /// <summary>Listens to its tokens.</summary>
    public void AttachTokens() => _notices?.Attach(this);

    public void OnTokenChanged()
    {
        Expire(EvictionReason.TokenExpired);
        Cache.RemoveExpired(this);
    }

    /// <summary>Tells whoever wants to know, on the thread pool.</summary>
    public void TellEvicted()
    {
        if (_notices is not { } notices)
        {
            return;
        }

        notices.Detach(Cache);
        if (notices.HasCallbacks)
        {
            _ = Task.Factory.StartNew(
                static state =>
                {
                    var entry = (SwmrCacheEntry)state!;
                    entry.Notices.Tell(entry);
                },
                this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Cache.Scheduler);
        }
    }

    private static long Positive(TimeSpan? value, string name) => value <= TimeSpan.Zero
        ? throw new ArgumentOutOfRangeException(name, value, $"{name} was set to {value}. The time until an entry expires is more than zero, or null for none.")
        : value?.Ticks ?? 0;
}
