using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Primitives;

namespace SwmrKit;

/// <summary>Whom an entry listens to and whom it tells. Most entries do neither: those that do have one of these, and the others have no room for it.</summary>
internal sealed class CacheEntryNotices
{
    private List<IChangeToken>? _tokens;
    private List<PostEvictionCallbackRegistration>? _callbacks;
    private SharedReference<IDisposable?[]> _registrations;

    /// <summary>The entry in whose scope this one is being created, until it is committed.</summary>
    public SwmrCacheEntry? Parent { get; set; }

    public IList<IChangeToken> Tokens => _tokens ??= [];

    public IList<PostEvictionCallbackRegistration> Callbacks => _callbacks ??= [];

    public bool HasTokens => _tokens is { Count: > 0 };

    public bool HasCallbacks => _callbacks is { Count: > 0 };

    /// <summary>Asks the tokens.</summary>
    public bool HasChanged()
    {
        List<IChangeToken>? tokens = _tokens;
        for (int i = 0; i < tokens?.Count; i++)
        {
            if (tokens[i].HasChanged)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Listens to the tokens, those that call by themselves.</summary>
    public void Attach(SwmrCacheEntry entry)
    {
        if (_tokens is not { Count: > 0 and int count } tokens)
        {
            return;
        }

        IDisposable?[]? registrations = null;
        try
        {
            for (int i = 0; i < count && entry.Reason == EvictionReason.None; i++)
            {
                if (tokens[i].ActiveChangeCallbacks)
                {
                    (registrations ??= new IDisposable?[count])[i] = tokens[i].RegisterChangeCallback(static state => ((SwmrCacheEntry)state!).OnTokenChanged(), entry);
                }
            }
        }
        finally
        {
            // Interlocked as Detach's look at them is when the entry goes: either that finds them, or this finds that there is a reason to go.
            _ = _registrations.Exchange(registrations);
            if (entry.Reason != EvictionReason.None)
            {
                Detach(entry.Cache);
            }
        }
    }

    /// <summary>Listens no more.</summary>
    public void Detach(SwmrMemoryCache cache)
    {
        foreach (IDisposable? registration in _registrations.Exchange(null) ?? [])
        {
            try
            {
                registration?.Dispose();
            }
#pragma warning disable CA1031 // Whoever evicts has no part in it, and others are still to be told.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                cache.ReportCallbackFailure(exception);
            }
        }
    }

    /// <summary>Tells those who want to know, in order. Whoever comes or goes while they are told changes a list that is nobody's any more.</summary>
    public void Tell(SwmrCacheEntry entry)
    {
        List<PostEvictionCallbackRegistration> callbacks = _callbacks!;
        _callbacks = null;
        for (int i = 0; i < callbacks.Count; i++)
        {
            try
            {
                PostEvictionCallbackRegistration registration = callbacks[i];
                registration.EvictionCallback?.Invoke(entry.Key, entry.Value, entry.Reason, registration.State);
            }
#pragma warning disable CA1031 // One listener's failure is its own; the others are told.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                entry.Cache.ReportCallbackFailure(exception);
            }
        }
    }
}
