using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>What refuses the use of something that belongs to a read section outside of it.</summary>
internal static class OwningDictionaryErrors
{
    /// <summary>To be called before anything that belongs to a guard is used, and is no part of it: its values are protected by that guard alone, a later one of the same reader has other bounds.</summary>
    /// <param name="slot">The guard's slot; null for what is <c>default</c>.</param>
    /// <param name="token">The guard's token.</param>
    /// <exception cref="InvalidOperationException">The guard is not open.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ThrowIfEnded([NotNull] ReaderSlot? slot, long token)
    {
        if (slot is null || !slot.IsOpen(token))
        {
            ThrowEnded();
        }
    }

    public static ArgumentException OfAnotherRead(string parameter) => new(
        "The snapshot is of another read section, which alone protects what is in it. Changes are found between two snapshots taken from one read.", parameter);

    [DoesNotReturn]
    private static void ThrowEnded() => throw new InvalidOperationException(
        "The read section that this belongs to has ended, or this is the default value. A snapshot, an enumerator or a look-up is for use inside the read it was taken from; a later one protects other values.");
}
