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
        registry.ThrowIfClosed();
        Dictionary<EraClock, Entry> table = ThreadVariable<ReaderSlot, Dictionary<EraClock, Entry>>.Value ??= [];
        if (!table.TryGetValue(registry.Clock, out Entry entry))
        {
            entry = new Entry(
                new WeakReference<ReaderRegistry>(registry),
                registry.Acquire(new SlotOwner(name: null, ThreadIdentity.Current, isImplicit: true)));
            ForgetCollectedBeforeGrowing(table);
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
