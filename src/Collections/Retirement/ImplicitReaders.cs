using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// The implicit readers of the calling thread: one slot for each registry it has read from.
/// </summary>
/// <remarks>
/// The last one used is found by one thread-static load and one comparison, the others in a table. Both hold the slot and its
/// clock, never the registry: a registry nobody else knows can be collected, and its entry goes when the table next grows.
/// </remarks>
internal static class ImplicitReaders
{
    private readonly record struct Entry(WeakReference<ReaderRegistry> Registry, ReaderSlot Slot);

    /// <summary>The calling thread's slot in this registry, registered on first use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReaderSlot SlotOf(ReaderRegistry registry)
    {
        ReaderSlot? last = ThreadVariable<ReaderSlot, ReaderSlot>.Value;
        return last is not null && ReferenceEquals(last.Clock, registry.EntryClock) ? last : Find(registry);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReaderSlot Find(ReaderRegistry registry)
    {
        if (!ReferenceEquals(registry.EntryClock, registry.Clock))
        {
            registry.ThrowIfClosed(); // No lock on the way: a thread that reads from several registries comes here on each change.
        }

        Dictionary<EraClock, Entry> table = ThreadVariable<ReaderSlot, Dictionary<EraClock, Entry>>.Value ??= [];
        if (!table.TryGetValue(registry.Clock, out Entry entry))
        {
            ForgetCollectedBeforeGrowing(table);
            table.EnsureCapacity(table.Count + 1);
            entry = new Entry(
                new WeakReference<ReaderRegistry>(registry),
                registry.Acquire(new SlotOwner(name: null, ThreadIdentity.Current, isImplicit: true))); // From here on nothing is allocated.
            table.Add(registry.Clock, entry);
        }

        return ThreadVariable<ReaderSlot, ReaderSlot>.Value = entry.Slot;
    }

    private static void ForgetCollectedBeforeGrowing(Dictionary<EraClock, Entry> table)
    {
        if (table.Count < table.Capacity)
        {
            return;
        }

        foreach ((EraClock clock, Entry entry) in table)
        {
            if (!entry.Registry.TryGetTarget(out _))
            {
                table.Remove(clock);
            }
        }
    }
}
