using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>What a look-up looks for. Structs implement it, so that each kind has a loop of its own, without what it does not need.</summary>
/// <remarks>They are not nested in the table: of a table whose keys or values are references all instances share their machine code, and in shared code
/// what is generic is called, not inlined.</remarks>
/// <typeparam name="TKey">What the keys are known to be.</typeparam>
internal interface ISought<in TKey>
{
    bool Is(TKey candidate);
}

/// <summary>A value type's key, by the type's own equality.</summary>
internal readonly struct SoughtValue<TKey>(TKey key) : ISought<TKey>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(TKey candidate) => EqualityComparer<TKey>.Default.Equals(candidate, key);
}

/// <summary>A string, by its characters; it is not looked into before there is something to compare it with.</summary>
internal readonly struct SoughtString(string text) : ISought<string>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(string candidate) => string.Equals(candidate, text);
}

/// <summary>Text, by its characters.</summary>
internal readonly ref struct SoughtText(ReadOnlySpan<char> text) : ISought<string>
{
    private readonly ReadOnlySpan<char> _text = text;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(string candidate) => _text.SequenceEqual(candidate);
}

/// <summary>A key, by a comparer.</summary>
internal readonly struct SoughtKey<TKey>(IEqualityComparer<TKey> comparer, TKey key) : ISought<TKey>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(TKey candidate) => comparer.Equals(candidate, key);
}

/// <summary>Something else that stands for a key, by a comparer.</summary>
internal readonly ref struct SoughtAlternate<TAlternate, TKey>(IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate) : ISought<TKey>
    where TAlternate : notnull, allows ref struct
{
    private readonly TAlternate _alternate = alternate;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(TKey candidate) => comparer.Equals(_alternate, candidate);
}

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>Where an entry was found.</summary>
    private readonly record struct Place(Page Page, int Slot)
    {
        public ref Entry Entry
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => ref Page.At(0, Slot);
        }

        /// <summary>Reads the value.</summary>
        /// <returns>False where the entry is removed. That was since its tag was read (D2); so the key was away for a moment within this call.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryRead([MaybeNullWhen(false)] out TStored value)
        {
            value = Entry.Value.Read();
            if (typeof(TStored).IsValueType || !ReferenceEquals(value, Removed.Value))
            {
                return true;
            }

            value = default;
            return false;
        }
    }
}
