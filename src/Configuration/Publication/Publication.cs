using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>
/// One value that is built aside, published whole, and built again when what it is made of has changed. A failure changes nothing.
/// </summary>
/// <remarks>
/// <para>The obligations C1 to C4 are argued in docs/configuration.md.</para>
/// <para><b>Readers</b> load one reference with acquire, which pairs with the release that published it (C1): they find a whole value. Only while there is none do they
/// take the lock and build the first.</para>
/// <para><b>No change is lost.</b> Whoever changes something first counts a signal, then takes the lock and builds unless a build that began after the signal has been
/// published. A build reads the count before it begins. So one that may have missed a change, the first value's too, leaves that change's signal unanswered, and
/// whoever gave the signal builds again.</para>
/// <para><b>Announcements</b> are queued under the lock, after the publication, and so in its order; <see cref="Announcements{T}"/> delivers them outside it.</para>
/// </remarks>
internal sealed class Publication<T>(string name, IPublicationSource<T> source, Announcements<T> announcements)
    where T : class
{
    /// <summary>How often a build is begun again because of a change meanwhile: it is published then, and the change's own signal is answered next.</summary>
    private const int MostBuilds = 3;

    /// <summary>How many signals one call answers. Only values that change themselves while they are built bring more.</summary>
    private const int MostRounds = 16;

    private readonly ExclusiveLock _writer = new();
    private SharedReference<T> _value;
    private SharedInt64 _signals;
    private SharedReference<Exception> _failure;

    // Guarded by the writer's lock.
    private IAttachment<T>[] _attachments = [];
    private long _answered;
    private bool _isUnannounced;
    private bool _isSignalledInside;
    private Exception? _reported;

    public string Name => name;

    /// <summary>The value in force, or null while there is none.</summary>
    public T? Published => _value.Read();

    /// <summary>The value in force. Where there is none yet it is built, and what that throws is the caller's; the next call tries again.</summary>
    public T Current => _value.Read() ?? First(null);

    /// <summary>What the last attempt to build a value failed with; null if it did not.</summary>
    public Exception? Failure => _failure.Read();

    /// <summary>As <see cref="Current"/>, but the first value comes from the given function.</summary>
    public T GetOrAdd(Func<T> create) => _value.Read() ?? First(create);

    /// <summary>Publishes a value if there is none.</summary>
    public bool TryAdd(T value)
    {
        bool added = false;
        using (Enter())
        {
            if (_value.ReadRelaxed() is null)
            {
                Publish(value, isChange: true);
                NoteSuccess();
                added = true;
            }
        }

        AfterEnter();
        return added;
    }

    /// <summary>Takes the value away, and the failure to replace it, so that the next reader builds one. Nothing is announced.</summary>
    public bool TryRemove()
    {
        using (Enter())
        {
            bool removed = _value.ReadRelaxed() is not null;
            _value.Write(null);
            _failure.Write(null);
            return removed;
        }
    }

    /// <summary>Builds something from the value in force, now and with every change.</summary>
    public void Attach(IAttachment<T> attachment)
    {
        using (Enter())
        {
            IStaged staged = attachment.Stage(_value.ReadRelaxed() ?? BuildFirst(null));
            staged.Publish();
            _attachments = [.. _attachments, attachment];
        }

        AfterEnter();
    }

    public void Detach(IAttachment<T> attachment)
    {
        using (_writer.Enter())
        {
            _attachments = [.. _attachments.Where(other => !ReferenceEquals(other, attachment))];
        }
    }

    /// <summary>Counts a change that has been made (C2: before this, pairs with Build), which <see cref="Refresh"/> is to answer.</summary>
    public void Signal() => _signals.Add(1);

    /// <summary>Builds and publishes again if a change was signalled and not answered, and has it announced. It throws nothing.</summary>
    public void Refresh()
    {
        if (_writer.IsHeldByCurrentThread)
        {
            _isSignalledInside = true; // A change from inside a build: whoever holds the lock sees to it.
            return;
        }

        using (_writer.Enter())
        {
            _isSignalledInside = false;
            for (int round = 0; round < MostRounds && _signals.Read() != _answered; round++)
            {
                Answer();
            }
        }

        announcements.Deliver();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the value is made by throws, the one in force stays, and it is reported.")]
    private void Answer()
    {
        long signals = _signals.Read();
        try
        {
            T? inForce = _value.ReadRelaxed();
            T candidate = Build(null, out signals);
            bool isChange = inForce is null || !source.AreSame(inForce, candidate);
            T value = isChange ? candidate : inForce!;
            Publish(value, isChange);
            if (isChange || _isUnannounced)
            {
                announcements.Add(value, name); // C3: after the publication.
            }

            _isUnannounced = false;
            NoteSuccess();
        }
        catch (Exception exception)
        {
            Report(exception);
        }

        _answered = signals;
    }

    /// <summary>The same failure again, of the several signals that one change may give, is not news.</summary>
    private void Report(Exception exception)
    {
        if (_reported?.GetType() != exception.GetType() || _reported.Message != exception.Message)
        {
            _reported = exception;
            announcements.AddFailure(name, exception);
        }

        _failure.Write(_reported);
    }

    private void NoteSuccess()
    {
        _reported = null;
        _failure.Write(null);
    }

    private T First(Func<T>? create)
    {
        T value;
        using (Enter())
        {
            value = _value.ReadRelaxed() ?? BuildFirst(create);
        }

        AfterEnter();
        return value;
    }

    private T BuildFirst(Func<T>? create)
    {
        try
        {
            T value = Build(create, out long signals);
            Publish(value, isChange: true);
            _isUnannounced = signals != _answered; // Whoever gave the signal will build again, find nothing new, and yet must announce it.
            NoteSuccess();
            return value;
        }
        catch (Exception exception)
        {
            _failure.Write(exception);
            throw;
        }
    }

    /// <summary>Builds, again if something has changed meanwhile: half of it may be older than the other half.</summary>
    /// <param name="create">Where the value comes from; null for the source.</param>
    /// <param name="signals">How many signals had been given before the build began.</param>
    private T Build(Func<T>? create, out long signals)
    {
        for (int builds = 1; ; builds++)
        {
            signals = _signals.Read(); // C2: before the build, pairs with Signal: a later signal is not answered by it.
            try
            {
                T value = create is null ? source.Build(name) : create();
                if (builds == MostBuilds || _signals.Read() == signals)
                {
                    return value;
                }
            }
            catch (Exception) when (builds < MostBuilds && _signals.Read() != signals)
            {
                // As likely as not because of the change.
            }
        }
    }

    /// <summary>Puts a value in force with what is built from it: all of that is built before anything is published.</summary>
    private void Publish(T value, bool isChange)
    {
        List<IStaged>? staged = null;
        try
        {
            foreach (IAttachment<T> attachment in _attachments)
            {
                if (isChange || attachment.IsStale)
                {
                    (staged ??= []).Add(attachment.Stage(value));
                }
            }
        }
        catch
        {
            staged?.ForEach(static built => built.Discard());
            throw;
        }

        if (isChange)
        {
            _value.Write(value); // C1: release, pairs with the acquire in Current and Published.
        }

        staged?.ForEach(static built => built.Publish());
    }

    private ExclusiveLock.Scope Enter()
    {
        if (_writer.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException(
                $"The value{(name.Length == 0 ? "" : $" '{name}'")} of {typeof(T)} was asked for while it is being built, by what builds or validates it. Break that circle.");
        }

        return _writer.Enter();
    }

    /// <summary>What was signalled from inside, while the lock was held here, is answered here; what attachments had to report, reported.</summary>
    private void AfterEnter()
    {
        bool isSignalled;
        bool mayHaveReported;
        using (_writer.Enter())
        {
            isSignalled = _isSignalledInside;
            mayHaveReported = _attachments.Length != 0;
        }

        if (isSignalled)
        {
            Refresh();
        }
        else if (mayHaveReported)
        {
            announcements.Deliver();
        }
    }
}
