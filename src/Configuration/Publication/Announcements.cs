using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>
/// Tells listeners of publications: each of each change exactly once, in the order of publication, one after the other, outside every lock. What a listener throws
/// reaches no other.
/// </summary>
/// <remarks>
/// <para>Whoever announces delivers what is waiting, unless somebody is delivering already, who then goes on to deliver this too: a listener that causes a change is told
/// of it when the others have been told of the one before.</para>
/// <para>An announcement goes to those who listened when it was made, which is after the publication. So whoever begins to listen and then reads the value misses
/// nothing: told of it or not, the value read is at least as new.</para>
/// </remarks>
/// <param name="onFailure">Is told of values that could not be built, in the same order. It must not throw.</param>
/// <param name="onListenerFailure">Is told what a listener threw. It must not throw.</param>
internal sealed class Announcements<T>(Action<string, Exception> onFailure, Action<string, Exception> onListenerFailure)
    where T : class
{
    private readonly ExclusiveLock _lock = new();

    // Guarded by the lock.
    private readonly Queue<Announcement> _waiting = new();
    private Listener[] _listeners = [];
    private bool _isDelivering;

    /// <summary>Calls an action for each announcement made from now on, until disposed.</summary>
    public IDisposable Listen(Action<T, string> action)
    {
        var listener = new Listener(this, action);
        using (_lock.Enter())
        {
            _listeners = [.. _listeners, listener];
        }

        return listener;
    }

    /// <summary>Announces a value. It has been published, and its publication's lock is held, so that its announcements are in order.</summary>
    public void Add(T value, string name)
    {
        using (_lock.Enter())
        {
            _waiting.Enqueue(new Announcement(value, name, null, _listeners)); // C3: pairs with Listen: who is not among them yet reads what was published.
        }
    }

    /// <summary>As <see cref="Add"/>, of a failure.</summary>
    public void AddFailure(string name, Exception failure)
    {
        using (_lock.Enter())
        {
            _waiting.Enqueue(new Announcement(null, name, failure, []));
        }
    }

    /// <summary>Delivers what is waiting, unless somebody is at it.</summary>
    public void Deliver()
    {
        using (_lock.Enter())
        {
            if (_isDelivering)
            {
                return;
            }

            _isDelivering = true;
        }

        while (Next() is { } next)
        {
            Deliver(next);
        }
    }

    private Announcement? Next()
    {
        using (_lock.Enter())
        {
            if (_waiting.TryDequeue(out Announcement? next))
            {
                return next;
            }

            _isDelivering = false; // C4: under the lock, pairs with Deliver: who adds later finds it so.
            return null;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "What a listener throws must not keep the others from being told; it is reported.")]
    private void Deliver(Announcement announcement)
    {
        if (announcement.Failure is { } failure)
        {
            onFailure(announcement.Name, failure);
            return;
        }

        foreach (Listener listener in announcement.Listeners)
        {
            try
            {
                listener.Tell(announcement.Value!, announcement.Name);
            }
            catch (Exception exception)
            {
                onListenerFailure(announcement.Name, exception);
            }
        }
    }

    private void Remove(Listener listener)
    {
        using (_lock.Enter())
        {
            _listeners = [.. _listeners.Where(other => !ReferenceEquals(other, listener))];
        }
    }

    private sealed record Announcement(T? Value, string Name, Exception? Failure, Listener[] Listeners);

    private sealed class Listener(Announcements<T> announcements, Action<T, string> action) : IDisposable
    {
        private SharedInt32 _isDisposed;

        public void Tell(T value, string name)
        {
            if (_isDisposed.Read() == 0)
            {
                action(value, name);
            }
        }

        public void Dispose()
        {
            if (_isDisposed.Exchange(1) == 0)
            {
                announcements.Remove(this);
            }
        }
    }
}
