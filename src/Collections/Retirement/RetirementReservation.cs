using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// Room for one retirement, made before the unlink: retiring through it allocates nothing and cannot fail for want of memory, so
/// that what has been unlinked is never lost.
/// </summary>
/// <remarks>
/// <para>Get it from <see cref="RetirementDomain.Reserve"/>, then unlink, then call one <c>Retire</c>. Use it with <c>using</c>: unused, it
/// is given back. It serves once, on one thread, and may be used while or after the domain is disposed. It is one room however often it is copied: a second
/// use, through a copy, is refused.</para>
/// <para><c>default</c> is no room: retiring through it throws, disposing it does nothing. All members are O(1).</para>
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026", Justification = "The forms differ in what is retired, the first parameter.")]
public ref struct RetirementReservation
{
    private readonly int _place;
    private readonly long _serial;
    private Reclaimer? _reclaimer;

    internal RetirementReservation(Reclaimer reclaimer, bool mayRefuse)
    {
        (_place, _serial) = reclaimer.Reserve(mayRefuse);
        _reclaimer = reclaimer;
    }

    /// <summary>As <see cref="RetirementDomain.Retire(IDisposable, long, long)"/>.</summary>
    /// <param name="value">What to dispose. The calling thread has unlinked it, and nobody else disposes it.</param>
    /// <param name="bytes">What it occupies, for statistics and limits.</param>
    /// <param name="birth">The era read before it was first published, or 0 when unknown.</param>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> or <paramref name="birth"/> is negative, or the era of birth has not come yet.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, or has been used or disposed, through a copy too; or a container has published the object,
    /// and it is still published, has been retired, or belongs to another domain. Nothing has been accepted.</exception>
    [OverloadResolutionPriority(1)]
    public void Retire(IDisposable value, long bytes = 0, long birth = 0) => Accept(RetiredItem.Disposing(value, bytes, birth, Clock), Ownership.Find(value));

    /// <summary>As <see cref="RetirementDomain.Retire(IAsyncDisposable, long, long)"/>.</summary>
    /// <param name="value">What to dispose. The calling thread has unlinked it, and nobody else disposes it.</param>
    /// <param name="bytes">What it occupies, for statistics and limits.</param>
    /// <param name="birth">The era read before it was first published, or 0 when unknown.</param>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> or <paramref name="birth"/> is negative, or the era of birth has not come yet.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, or has been used or disposed, through a copy too; or a container has published the object,
    /// and it is still published, has been retired, or belongs to another domain. Nothing has been accepted.</exception>
    public void Retire(IAsyncDisposable value, long bytes = 0, long birth = 0) => Accept(RetiredItem.DisposingAsync(value, bytes, birth, Clock), Ownership.Find(value));

    /// <summary>As <see cref="RetirementDomain.Retire{TState}(TState, Action{TState}, long, long)"/>.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="state">What the action gets. The calling thread has unlinked it.</param>
    /// <param name="action">What to do, once; a static lambda costs no allocation.</param>
    /// <param name="bytes">What it occupies, for statistics and limits.</param>
    /// <param name="birth">The era read before it was first published, or 0 when unknown.</param>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> or <paramref name="action"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> or <paramref name="birth"/> is negative, or the era of birth has not come yet.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, or has been used or disposed, through a copy too; nothing has been accepted.</exception>
    public void Retire<TState>(TState state, Action<TState> action, long bytes = 0, long birth = 0)
        where TState : class => Use(RetiredItem.Calling(state, action, bytes, birth, Clock));

    /// <summary>As <see cref="RetirementDomain.Retire{T}(T[], ArrayPool{T}, bool, long)"/>.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="array">The array, rented from the pool. The calling thread has unlinked it, and nobody else returns it.</param>
    /// <param name="pool">Where it goes.</param>
    /// <param name="clearArray">Whether the pool clears it.</param>
    /// <param name="birth">The era read before it was first published, or 0 when unknown.</param>
    /// <exception cref="ArgumentNullException"><paramref name="array"/> or <paramref name="pool"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="birth"/> is negative, or an era that has not come yet.</exception>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, or has been used or disposed, through a copy too; or a container has published the array,
    /// and it is still published, has been retired, or belongs to another domain. Nothing has been accepted.</exception>
    public void Retire<T>(T[] array, ArrayPool<T> pool, bool clearArray = false, long birth = 0) =>
        Accept(RetiredItem.Returning(array, pool, clearArray, birth, Clock), Ownership.Find(array));

    /// <summary>Gives the room back if it has not been used. Further calls, on copies too, do nothing.</summary>
    public void Dispose()
    {
        _reclaimer?.CancelReservation(_place, _serial);
        _reclaimer = null;
    }

    private readonly EraClock Clock => _reclaimer is { } reclaimer
        ? reclaimer.Clock
        : throw NoRoom();

    /// <summary>Retires something in this room: what no container has published, or the calling container itself.</summary>
    internal void Use(RetiredItem item)
    {
        if (!TryUse(item))
        {
            throw NoRoom();
        }
    }

    /// <summary>Retires in this room what somebody hands over, if a container that has published it has given it away.</summary>
    internal void Accept(RetiredItem item, Ownership? record)
    {
        if (record is null)
        {
            Use(item);
            return;
        }

        record.RetireDetached((_reclaimer ?? throw NoRoom()).Hazards);
        if (!TryUse(item.OwnedBy(record)))
        {
            record.Detach(); // As it was: nothing has been accepted.
            throw NoRoom();
        }
    }

    private bool TryUse(RetiredItem item)
    {
        Reclaimer? reclaimer = _reclaimer;
        _reclaimer = null; // Before callbacks run, and whatever they do.
        return reclaimer is not null && reclaimer.RetireReserved(item, _place, _serial);
    }

    private static InvalidOperationException NoRoom() => new(
        "The reservation makes no room: it is default(RetirementReservation), or has been used or disposed, perhaps through a copy. Reserve once for each retirement.");
}
