using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Primitives;

namespace SwmrKit;

/// <summary>A resource built from each value of options before that value is published, and put in a cell right after it.</summary>
internal sealed class OptionsSnapshot<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions, T> : ISnapshot<T>, IAttachment<TOptions>, IDisposable
    where TOptions : class
    where T : class
{
    private readonly OptionsPublications<TOptions> _publications;
    private readonly string _name;
    private readonly Func<TOptions, T> _create;
    private readonly Func<TOptions, IChangeToken?>? _watch;
    private readonly Action<T>? _reclaim;
    private SwmrCell<T>? _cell; // From the constructor on, or there is
    private ExceptionDispatchInfo? _refusal; // why the first resource could not be put in one.
    private SharedInt32 _isStale;
    private SharedReference<Watch> _watched;

    public OptionsSnapshot(
        OptionsPublications<TOptions> publications,
        string name,
        RetirementDomain domain,
        Func<TOptions, T> create,
        Func<TOptions, IChangeToken?>? watch,
        Action<T>? reclaim)
    {
        _publications = publications;
        _name = name;
        _create = create;
        _watch = watch;
        _reclaim = reclaim;
        Domain = domain;
        try
        {
            publications.Of(name).Attach(this);
        }
        catch
        {
            _watched.Exchange(null)?.End();
            throw;
        }

        if (_refusal is not null)
        {
            Dispose();
            _refusal.Throw();
        }
    }

    public RetirementDomain Domain { get; }

    public long Version => Cell.Version;

    bool IAttachment<TOptions>.IsStale => _isStale.Read() != 0;

    private SwmrCell<T> Cell => _cell!;

    public CellRead<T> Read() => Cell.Read();

    public CellRead<T> Read(ReaderHandle reader) => Cell.Read(reader);

    public Lease<T> Lease() => Cell.Lease();

    public Task<long> WaitForChangeAsync(long version, CancellationToken cancellationToken = default) => Cell.WaitForChangeAsync(version, cancellationToken);

    IStaged IAttachment<TOptions>.Stage(TOptions value)
    {
        _isStale.Write(0);
        Watch? watch = WatchFor(value); // Before the resource: it may change while it is read.
        try
        {
            T resource = _create(value) ?? throw new InvalidOperationException($"What builds the {typeof(T)} of options {typeof(TOptions)} returned null.");
            return new Staged(this, resource, watch);
        }
        catch
        {
            NoteUnbuilt(watch);
            throw;
        }
    }

    public void Dispose()
    {
        _publications.Of(_name).Detach(this);
        _watched.Exchange(null)?.End();
        _cell?.Dispose();
    }

    private bool Holds(T resource)
    {
        using CellRead<T> read = Cell.Read();
        return ReferenceEquals(read.Value, resource);
    }

    private Watch? WatchFor(TOptions value)
    {
        try
        {
            return _watch?.Invoke(value) is { } token ? new Watch(this, token) : null;
        }
        catch
        {
            _isStale.Write(1); // What was watched so far still is.
            throw;
        }
    }

    /// <summary>What is watched may be what is missing, and what the resource in force was built of is watched no longer.</summary>
    private void NoteUnbuilt(Watch? watch)
    {
        if (_watch is not null)
        {
            _isStale.Write(1);
            Follow(watch);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "What cannot be followed is reported; what has been built of it is in force.")]
    private void Follow(Watch? watch)
    {
        _watched.Exchange(watch)?.End();
        try
        {
            watch?.Begin();
        }
        catch (Exception exception)
        {
            Report(exception);
        }
    }

    private void Report(Exception exception) => _publications.Report(_name, exception);

    private void OnWatchedChange(Watch watch)
    {
        if (ReferenceEquals(_watched.Read(), watch))
        {
            _isStale.Write(1); // Before the signal: who answers it finds it so.
            _publications.Change(_name);
        }
    }

    /// <summary>A change token being followed, for one change.</summary>
    private sealed class Watch(OptionsSnapshot<TOptions, T> owner, IChangeToken token)
    {
        private IDisposable? _registration;
        private int _hasEnded;

        public void Begin()
        {
            Volatile.Write(ref _registration, token.RegisterChangeCallback(static state => ((Watch)state!).Fire(), this));
            if (Volatile.Read(ref _hasEnded) != 0)
            {
                Release();
            }
        }

        public void End()
        {
            Volatile.Write(ref _hasEnded, 1);
            Release();
        }

        /// <summary>On another thread: disposing a registration waits for its callback, which may be waiting for the lock that is held here.</summary>
        private void Release()
        {
            if (Interlocked.Exchange(ref _registration, null) is { } registration)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static registration => registration.Dispose(), registration, preferLocal: false);
            }
        }

        private void Fire() => owner.OnWatchedChange(this);
    }

    private sealed class Staged(OptionsSnapshot<TOptions, T> owner, T resource, Watch? watch) : IStaged
    {
        [SuppressMessage("Design", "CA1031", Justification = "The options are in force already; what the cell refuses is reported, and the resource before it stays.")]
        public void Publish()
        {
            try
            {
                if (owner._cell is { } cell)
                {
                    cell.Exchange(resource)?.Retire(); // Not Publish, which a domain with a limit may refuse.
                }
                else
                {
                    owner._cell = new SwmrCell<T>(resource, owner.Domain, owner._reclaim);
                }
            }
            catch (Exception exception) when (owner._cell is null)
            {
                owner._refusal = ExceptionDispatchInfo.Capture(exception);
            }
            catch (Exception exception)
            {
                owner.Report(exception);
            }

            owner.Follow(watch);
        }

        /// <summary>Something else that belongs to the value could not be built. It is built again when that one is tried again.</summary>
        [SuppressMessage("Design", "CA1031", Justification = "The reload has failed already, for a reason of its own.")]
        public void Discard()
        {
            owner.NoteUnbuilt(watch);
            try
            {
                if (owner.Holds(resource))
                {
                    return;
                }

                if (owner._reclaim is { } reclaim)
                {
                    reclaim(resource);
                }
                else if (resource is IDisposable disposable)
                {
                    disposable.Dispose();
                }
                else if (resource is IAsyncDisposable asynchronous)
                {
                    owner.Domain.Retire(asynchronous);
                }
            }
            catch (Exception exception)
            {
                owner.Report(exception);
            }
        }
    }
}
