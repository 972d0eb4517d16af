using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

public sealed partial class OwningDictionary<TKey, TValue>
{
    /// <summary>Sets a key's value, whether it is there or not. A value replaced is disposed when no reader uses it; setting the key's current object does nothing. O(1) amortised.</summary>
    /// <param name="key">The key. Where an equal one is there, that one stays.</param>
    /// <param name="value">The value; the dictionary owns it from now on.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The object is in this dictionary under another key or in another container, has been retired, or was published under another domain;
    /// or this is called from inside the dictionary's comparer or a batch.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    /// <exception cref="RetirementOverflowException">A value would be replaced, and more is pending than the domain's options allow; nothing has been changed.</exception>
    public void Set(TKey key, TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        Write(key, value, Condition.None, retire: true, out _);
    }

    /// <summary>Adds a key. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; the dictionary owns it from now on.</param>
    /// <exception cref="ArgumentException">The key is there already; the value is still the caller's.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Set"/>.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public void Add(TKey key, TValue value)
    {
        if (!TryAdd(key, value))
        {
            throw DictionaryErrors.Duplicate(key);
        }
    }

    /// <summary>Adds a key if it is absent. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; the dictionary owns it if it was added.</param>
    /// <returns>Whether it was added; if not, the value is still the caller's.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Set"/>.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public bool TryAdd(TKey key, TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        return Write(key, value, Condition.Absent, retire: true, out _);
    }

    /// <summary>Removes a key; its value is disposed when no reader uses it. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    /// <exception cref="RetirementOverflowException">More is pending than the domain's options allow; nothing has been changed.</exception>
    public bool TryRemove(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Write(key, null, Condition.None, retire: true, out _);
    }

    /// <summary>Removes a key and leaves its value to the caller, who publishes it again or retires it. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value it had, which readers may still be using.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public bool TryTake(TKey key, [NotNullWhen(true)] out Detached<TValue>? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Write(key, null, Condition.None, retire: false, out value);
        return value is not null;
    }

    /// <summary>Sets a key's value and leaves the one replaced to the caller, who publishes it again or retires it. O(1) amortised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The new value; the dictionary owns it from now on.</param>
    /// <returns>The object replaced, which readers may still be using; null when the key was absent, or <paramref name="value"/> is its current one and nothing has changed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="value"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Set"/>.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    public Detached<TValue>? Exchange(TKey key, TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        Write(key, value, Condition.None, retire: false, out Detached<TValue>? replaced);
        return replaced;
    }

    /// <summary>Removes every entry; the values are disposed when no reader uses them. O(n): each value is retired.</summary>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    /// <exception cref="RetirementOverflowException">All of them together are more than the domain's options allow to be pending; nothing has been changed.</exception>
    public void Clear()
    {
        var retirements = new Retirements<TValue>(_disposal);
        using (EnterWriting())
        {
            ThrowIfDisposed();
            Empty(retirements, mayRefuse: true);
        }

        retirements.Retire();
    }

    /// <summary>Makes several changes that take effect together: readers and snapshots see all of them or none.</summary>
    /// <param name="change">Makes them in the batch it is given. It runs once, under the writer's lock: keep it short. If it throws, nothing changes, nothing is disposed, and
    /// <b>the values it has given to the batch are the caller's again</b>. It may read the dictionary, as it was, and must not write to it but through the batch. What it retires
    /// elsewhere is reclaimed by the flush timer: no callback runs under the lock.</param>
    /// <remarks>When the batch has succeeded the dictionary owns all values that were given to it; those that are not in it afterwards are disposed, as are those that were in it before. A value may be moved from one key to another. Each page
    /// touched is copied, once; otherwise O(1) amortised a change.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    /// <exception cref="RetirementOverflowException">What the batch takes out is more than the domain's options allow to be pending; nothing has been changed.</exception>
    public void Update(Action<OwningDictionaryBatch<TKey, TValue>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Update(null, change);
    }

    /// <summary>As <see cref="Update(Action{OwningDictionaryBatch{TKey, TValue}})"/>, if nothing has changed since a version was seen.</summary>
    /// <param name="version">The version of the snapshot that the changes were computed from.</param>
    /// <param name="change">Makes the changes.</param>
    /// <returns>False when the dictionary has another version; <paramref name="change"/> has not run.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary has been disposed.</exception>
    /// <exception cref="RetirementOverflowException">As for <see cref="Update(Action{OwningDictionaryBatch{TKey, TValue}})"/>.</exception>
    public bool TryUpdate(long version, Action<OwningDictionaryBatch<TKey, TValue>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Update((long?)version, change);
    }

    /// <summary>Takes a lease of a key's value; makes and adds one where it is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value; the dictionary owns it. For each key one thread runs it at a time, the others waiting for the result; it runs outside the writer's lock
    /// and may use the dictionary. A value that somebody sets meanwhile wins, and the one made is disposed.</param>
    /// <returns>The lease; dispose it.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">The factory returned null or an object that cannot be set (see <see cref="Set"/>); or the factory of a key waits for itself, directly or through other keys' factories; or this
    /// adds from inside the dictionary's comparer or a batch.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary or its domain has been disposed; what the factory has made is disposed.</exception>
    public Lease<TValue> GetOrAdd(TKey key, Func<TKey, TValue> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return GetOrAdd(key, static (key, factory) => factory(key), factory);
    }

    /// <summary>As <see cref="GetOrAdd(TKey, Func{TKey, TValue})"/>, without a closure.</summary>
    /// <typeparam name="TArgument">The type of the argument.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value.</param>
    /// <param name="argument">Handed to the factory.</param>
    /// <returns>The lease; dispose it.</returns>
    /// <exception cref="ArgumentNullException">The key or the factory is null.</exception>
    /// <exception cref="InvalidOperationException">As for the other overload.</exception>
    /// <exception cref="ObjectDisposedException">The dictionary or its domain has been disposed; what the factory has made is disposed.</exception>
    public Lease<TValue> GetOrAdd<TArgument>(TKey key, Func<TKey, TArgument, TValue> factory, TArgument argument)
        where TArgument : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(factory);
        while (true)
        {
            if (TryLease(key, out Lease<TValue>? lease))
            {
                return lease;
            }

            var surplus = new Retirements<TValue>(_disposal);
            try
            {
                using KeyGates<TKey>.Scope gate = EnterGate(key);
                if (TryLease(key, out lease) || TryAddMade(key, factory(key, argument), reader: null, surplus, out lease))
                {
                    return lease!;
                }
            }
            finally
            {
                surplus.Retire();
            }
        }
    }

    /// <summary>Gives back the memory that the present entries do not need. O(n) for this writer; readers and snapshots go on meanwhile.</summary>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public void TrimExcess() => _table.Trim();

    /// <summary>
    /// Retires every value and reclaims at once what no reader holds. Later reads and writes throw an <see cref="ObjectDisposedException"/>, look-ups under guards that are open too; snapshots go on until
    /// their guards end. Further calls do nothing.
    /// </summary>
    /// <remarks>As with <see cref="SwmrCell{T}.Dispose"/>, this waits for no reader and no callback: <see cref="RetirementDomain.Synchronize"/> of <see cref="Domain"/> does. O(n).</remarks>
    /// <exception cref="InvalidOperationException">This is called from inside the dictionary's comparer or a batch.</exception>
    public void Dispose()
    {
        var retirements = new Retirements<TValue>(_disposal);
        using (EnterWriting())
        {
            if (_disposed.Read() != 0)
            {
                return;
            }

            Empty(retirements, mayRefuse: false);
        }

        retirements.Retire();
        if (Reclaimer.MayRunCallbacks)
        {
            Domain.Reclaimer.Flush(); // Nothing may follow that would: the process may be about to end.
        }
    }

    /// <summary>As the public one, for a reader inside a guard, which then protects the value.</summary>
    internal TValue GetOrAddUnder<TArgument>(ReaderSlot slot, ref long upper, TKey key, Func<TKey, TArgument, TValue> factory, TArgument argument)
        where TArgument : allows ref struct
    {
        while (true)
        {
            if (FindUnder(slot, ref upper, key) is { } found)
            {
                return found.Value;
            }

            var surplus = new Retirements<TValue>(_disposal);
            try
            {
                using KeyGates<TKey>.Scope gate = EnterGate(key);
                if (FindUnder(slot, ref upper, key) is { } meanwhile)
                {
                    return meanwhile.Value;
                }

                TValue made = factory(key, argument);
                if (TryAddMade(key, made, slot, surplus, out _))
                {
                    upper = slot.PublishedUpper;
                    return made;
                }
            }
            finally
            {
                surplus.Retire();
            }
        }
    }

    /// <summary>
    /// The one way in which a single entry changes: make room, claim, unlink, and only then, outside the lock, retire. What fails before the unlink has changed nothing;
    /// from the unlink to the retirement nothing can.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its new value; null to remove it.</param>
    /// <param name="condition">When.</param>
    /// <param name="retire">Whether the value replaced is retired, or handed to the caller.</param>
    /// <param name="detached">What is handed to the caller.</param>
    /// <returns>Whether the value is in place, or the key was there to be removed.</returns>
    private bool Write(TKey key, TValue? value, Condition condition, bool retire, out Detached<TValue>? detached)
    {
        detached = null;
        Published<TValue>? replaced;
        RetirementReservation room = default;
        using (EnterWriting())
        {
            ThrowIfDisposed();
            replaced = _table.TryFind(key, out object? stored) ? Decode(stored) : null;
            if (value is null ? replaced is null : replaced is not null && (condition == Condition.Absent || ReferenceEquals(replaced.Value, value)))
            {
                return value is not null && condition != Condition.Absent;
            }

            Published<TValue>? node = value is null ? null : NewPublished(value);
            if (replaced is not null && !retire)
            {
                detached = new Detached<TValue>(_disposal, replaced.Value, replaced.Ownership, replaced.Ownership?.Publication ?? 0);
            }
            else if (replaced is { Ownership: not null })
            {
                room = Domain.Reserve();
            }

            bool isClaimed = false;
            try
            {
                node?.Ownership?.Claim();
                isClaimed = true;
                Put(key, node, replaced); // The publication, and the unlink of the old one: before its tag (O2), by the lock in Retire.
            }
            catch
            {
                if (isClaimed)
                {
                    node?.Ownership?.Disclaim();
                }

                detached = null;
                room.Dispose();
                throw;
            }

            if (retire)
            {
                replaced?.Ownership?.Retire();
            }
            else
            {
                replaced?.Ownership?.Detach();
            }
        }

        if (retire && replaced is { Ownership: not null })
        {
            _disposal.Retire(replaced.Value, replaced.Ownership, ref room);
        }

        return true;
    }

    /// <summary>Puts an entry in the place of what was found there just now under the same lock, or takes that away.</summary>
    private void Put(TKey key, Published<TValue>? node, Published<TValue>? found)
    {
        bool isDone = node is null
            ? _table.RemoveUnderLock(key, Condition.Expected, found, out _)
            : _table.PutUnderLock(key, node, found is null ? Condition.Absent : Condition.Expected, found, out _);
        if (!isDone)
        {
            throw DictionaryErrors.Contradictory(Comparer, key);
        }
    }

    private bool Update(long? version, Action<OwningDictionaryBatch<TKey, TValue>> change)
    {
        var retirements = new Retirements<TValue>(_disposal);
        OwningDictionaryBatch<TKey, TValue>? batch = null;
        using (EnterWriting())
        {
            ThrowIfDisposed();
            try
            {
                bool isDone = _table.UpdateUnderLock(version, draft =>
                {
                    batch = new OwningDictionaryBatch<TKey, TValue>(this, draft);
                    change(batch);
                    batch.CollectWhatIsOut(retirements);
                });
                if (!isDone)
                {
                    return false;
                }
            }
            catch
            {
                retirements.Cancel();
                batch?.GiveBack();
                throw;
            }

            retirements.Mark();
        }

        retirements.Retire();
        return true;
    }

    /// <summary>Unlinks everything; for <see cref="Dispose"/>, whose rooms are never refused, for good.</summary>
    private void Empty(Retirements<TValue> retirements, bool mayRefuse)
    {
        try
        {
            var entries = new Table<TKey, object?>.Cursor(_table.CurrentRoot);
            while (entries.MoveNext())
            {
                Published<TValue> node = Decode(entries.Value);
                if (node.Ownership is not null)
                {
                    retirements.Add(node.Value, node.Ownership, mayRefuse);
                }
            }

            if (!mayRefuse)
            {
                _disposed.Write(1); // Before the unlink: who finds nothing finds out why.
            }

            _table.ClearUnderLock();
        }
        catch
        {
            _disposed.Write(0);
            retirements.Cancel();
            throw;
        }

        retirements.Mark();
    }

    /// <summary>Adds what a factory has made, if the key is still absent, and holds it for the caller; else it is surplus.</summary>
    /// <param name="key">The key.</param>
    /// <param name="made">The value.</param>
    /// <param name="reader">The slot of a caller who is inside a guard that is to hold it; null for a lease.</param>
    /// <param name="surplus">What the caller retires when it has left the key's gate: callbacks may ask for the key, or wait for who does.</param>
    /// <param name="lease">The lease, if it was to be one.</param>
    /// <returns>Whether it was added.</returns>
    private bool TryAddMade(TKey key, TValue made, ReaderSlot? reader, Retirements<TValue> surplus, out Lease<TValue>? lease)
    {
        lease = null;
        Ownership? record = _disposal.OwnershipOf(made ?? throw new InvalidOperationException("The factory returned null; the dictionary holds objects only."));
        record?.Claim(); // From here on it is the dictionary's, whatever happens.
        bool isAdded = false;
        try
        {
            using WriteScope writing = EnterWriting();
            ThrowIfDisposed();
            if (!_table.TryFind(key, out _))
            {
                var node = new Published<TValue>(made, record, _table.Version + 1);
                if (reader is not null)
                {
                    reader.RaiseUpper(); // O8: before it can be found, and so unlinked.
                }
                else
                {
                    lease = Lease<TValue>.Promote(node); // O10: named before it can be unlinked.
                }

                Put(key, node, found: null);
                isAdded = true;
            }
        }
        finally
        {
            if (!isAdded)
            {
                lease?.Dispose();
                lease = null;
                if (record is not null)
                {
                    surplus.Add(made, record, mayRefuse: false);
                    surplus.Mark();
                }
            }
        }

        return isAdded;
    }

    /// <summary>A value to be published by the writer who has entered, not claimed yet.</summary>
    internal Published<TValue> NewPublished(TValue value) => new(value, _disposal.OwnershipOf(value), _table.Version + 1);

    /// <summary>Takes a key's gate; never under the writer's lock, for which its owner may wait.</summary>
    private KeyGates<TKey>.Scope EnterGate(TKey key)
    {
        _table.RefuseReentry();
        return _keyGates.Enter(key);
    }

    private WriteScope EnterWriting() => new(_table);

    /// <summary>The writer's lock, under which nobody's callbacks run: they would find it held.</summary>
    private ref struct WriteScope
    {
        private Table<TKey, object?>.Writing _lock;

        public WriteScope(Table<TKey, object?> table)
        {
            _lock = table.EnterWriting();
            WriterScope.Enter();
        }

        public void Dispose()
        {
            WriterScope.Exit();
            _lock.Dispose();
        }
    }
}
