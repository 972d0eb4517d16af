namespace SwmrKit;

/// <summary>
/// Lets one thread at a time run a factory for a key: the others wait for what it makes. A thread that would wait for itself, through
/// whatever factories and dictionaries, is refused.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
internal sealed class KeyGates<TKey>(IEqualityComparer<TKey> comparer)
    where TKey : notnull
{
    private readonly ExclusiveLock _lock = new();
    private readonly Dictionary<int, Gate> _gates = []; // By the key's hash, so that none of the comparer's code runs on the way out.

    /// <summary>Waits until no other thread has the key's gate, and takes it.</summary>
    /// <exception cref="InvalidOperationException">The thread has the gate already, or one for which its owner waits.</exception>
    public Scope Enter(TKey key)
    {
        Gate gate = Find(key, comparer.GetHashCode(key));
        try
        {
            gate.Enter();
        }
        catch
        {
            Forget(gate);
            throw;
        }

        return new Scope(this, gate);
    }

    private Gate Find(TKey key, int hash)
    {
        using ExclusiveLock.Scope locked = _lock.Enter();
        _gates.TryGetValue(hash, out Gate? first);
        Gate? gate = first;
        while (gate is not null && !comparer.Equals(gate.Key, key))
        {
            gate = gate.Next;
        }

        if (gate is null)
        {
            gate = new Gate(key, hash) { Next = first };
            _gates[hash] = gate;
        }

        gate.Users++;
        return gate;
    }

    private void Forget(Gate gate)
    {
        using ExclusiveLock.Scope locked = _lock.Enter();
        if (--gate.Users > 0)
        {
            return;
        }

        Gate first = _gates[gate.Hash];
        if (!ReferenceEquals(first, gate))
        {
            while (!ReferenceEquals(first.Next, gate))
            {
                first = first.Next!;
            }

            first.Next = gate.Next;
        }
        else if (gate.Next is { } next)
        {
            _gates[gate.Hash] = next;
        }
        else
        {
            _gates.Remove(gate.Hash);
        }
    }

    /// <summary>Has the gate until disposed.</summary>
    public readonly ref struct Scope
    {
        private readonly KeyGates<TKey> _gates;
        private readonly Gate _gate;

        internal Scope(KeyGates<TKey> gates, Gate gate) => (_gates, _gate) = (gates, gate);

        /// <summary>Leaves the gate to the next thread.</summary>
        public void Dispose()
        {
            _gate.Exit();
            _gates.Forget(_gate);
        }
    }

    /// <summary>The gate of a key, in a list of those whose keys have its hash. Guarded by the gates' lock.</summary>
    internal sealed class Gate(TKey key, int hash) : KeyGate
    {
        public TKey Key => key;

        public int Hash => hash;

        public Gate? Next { get; set; }

        /// <summary>How many threads have it or wait for it.</summary>
        public int Users { get; set; }
    }
}

/// <summary>A key's gate: who has it, and who waits for which.</summary>
/// <remarks>
/// Entering and leaving a gate for which nobody waits is one interlocked instruction each. Only those who wait, and who wakes them, take the lock of all dictionaries: a cycle may
/// go through several, so whoever is about to wait must find all other waits in one place. What a thread that waits owns does not change while that lock is held, for it
/// cannot go on without it; so the last one of a cycle finds it.
/// </remarks>
internal class KeyGate
{
    /// <summary>Guards the waits of all threads, over all dictionaries.</summary>
    private static readonly object s_graph = new();
    private static readonly Dictionary<Thread, KeyGate> s_waits = [];

    private SharedReference<Thread> _owner;
    private SharedInt32 _waiters; // Changed under the lock; read without it by who leaves.

    public void Enter()
    {
        if (!TryEnter())
        {
            Wait();
        }
    }

    private bool TryEnter() => _owner.CompareExchange(Thread.CurrentThread, null) is null;

    private void Wait()
    {
        Thread current = Thread.CurrentThread;
        lock (s_graph)
        {
            _waiters.Add(1); // D5: a full fence, then TryEnter's look at the owner; pairs with Exit. Either it sees this, or TryEnter sees that it has left.
            try
            {
                while (!TryEnter())
                {
                    RefuseCycle(current);
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
            }
            finally
            {
                _waiters.Add(-1);
            }
        }
    }

    private void RefuseCycle(Thread current)
    {
        for (Thread? owner = _owner.Read(); owner is not null; owner = s_waits.TryGetValue(owner, out KeyGate? awaited) ? awaited._owner.Read() : null)
        {
            if (owner == current)
            {
                throw new InvalidOperationException(
                    "A factory asks for a key whose factory waits for it, itself or through others: none of them could ever end. Make what they share before, or by one factory.");
            }
        }
    }

    /// <summary>Leaves the gate. An interrupt of the thread does not keep it: who waits would never be woken.</summary>
    public void Exit()
    {
        _owner.Exchange(null); // D5: a full fence, then the look at who waits; pairs with Wait.
        bool interrupted = false;
        while (_waiters.Read() > 0 && !TryWake())
        {
            interrupted = true;
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt(); // For the thread's next wait.
        }
    }

    private static bool TryWake()
    {
        try
        {
            lock (s_graph)
            {
                Monitor.PulseAll(s_graph);
            }

            return true;
        }
        catch (ThreadInterruptedException)
        {
            return false; // On the way into the lock.
        }
    }
}
