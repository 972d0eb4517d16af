namespace SwmrKit;

/// <summary>
/// Lets one thread at a time run a factory for a key: the others wait for what it makes. A thread that would wait for itself, through
/// whatever factories and dictionaries, is refused.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
internal sealed class KeyGates<TKey>(IEqualityComparer<TKey>? comparer)
    where TKey : notnull
{
    private readonly ExclusiveLock _lock = new();
    private readonly Dictionary<TKey, KeyGate> _gates = new(comparer);

    /// <summary>Waits until no other thread has the key's gate, and takes it.</summary>
    /// <exception cref="InvalidOperationException">The thread has the gate already, or one for which its owner waits.</exception>
    public Scope Enter(TKey key)
    {
        KeyGate gate;
        using (_lock.Enter())
        {
            if (!_gates.TryGetValue(key, out KeyGate? found))
            {
                _gates.Add(key, found = new KeyGate());
            }

            gate = found;
            gate.Users++;
        }

        try
        {
            gate.Enter();
        }
        catch
        {
            Forget(key, gate);
            throw;
        }

        return new Scope(this, key, gate);
    }

    private void Forget(TKey key, KeyGate gate)
    {
        using ExclusiveLock.Scope locked = _lock.Enter();
        if (--gate.Users == 0)
        {
            _gates.Remove(key);
        }
    }

    /// <summary>Has the gate until disposed.</summary>
    public readonly ref struct Scope(KeyGates<TKey> gates, TKey key, KeyGate gate)
    {
        /// <summary>Leaves the gate to the next thread.</summary>
        public void Dispose()
        {
            gate.Exit();
            gates.Forget(key, gate);
        }
    }
}

/// <summary>A key's gate: who has it, and who waits for which.</summary>
internal sealed class KeyGate
{
    /// <summary>Guards the owners, and the waits of all threads, over all dictionaries: a cycle may go through several.</summary>
    private static readonly object s_graph = new();
    private static readonly Dictionary<Thread, KeyGate> s_waits = [];

    private Thread? _owner;

    /// <summary>How many threads have it or wait for it. Guarded by the gates' lock.</summary>
    public int Users { get; set; }

    public void Enter()
    {
        Thread current = Thread.CurrentThread;
        lock (s_graph)
        {
            while (_owner is not null)
            {
                for (Thread? owner = _owner; owner is not null; owner = s_waits.TryGetValue(owner, out KeyGate? awaited) ? awaited._owner : null)
                {
                    if (owner == current)
                    {
                        throw new InvalidOperationException(
                            "A factory asks for a key whose factory waits for it, itself or through others: none of them could ever end. Make what they share before, or by one factory.");
                    }
                }

                s_waits[current] = this;
                try
                {
                    Monitor.Wait(s_graph);
                }
                finally
                {
                    s_waits.Remove(current);
                }
            }

            _owner = current;
        }
    }

    public void Exit()
    {
        lock (s_graph)
        {
            _owner = null;
            if (s_waits.Count > 0)
            {
                Monitor.PulseAll(s_graph);
            }
        }
    }
}
