using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>What a look-up looks for. Structs implement it, so that each kind has a loop of its own, without what it does not need.</summary>
    private interface ISought
    {
        bool Is(TKey candidate);
    }

    /// <summary>A value type's key, by the type's own equality.</summary>
    private readonly struct ByValue(TKey key) : ISought
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Is(TKey candidate) => EqualityComparer<TKey>.Default.Equals(candidate, key);
    }

    /// <summary>Text, by its characters.</summary>
    private readonly struct ByText(TKey key) : ISought
    {
        private readonly string _text = Unsafe.As<TKey, string>(ref key);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Is(TKey candidate) => string.Equals(Unsafe.As<TKey, string>(ref candidate), _text);
    }

    private readonly struct ByComparer(IEqualityComparer<TKey> comparer, TKey key) : ISought
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Is(TKey candidate) => comparer.Equals(candidate, key);
    }

    /// <summary>Something else that stands for the key.</summary>
    private readonly ref struct ByAlternate<TAlternate>(IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate) : ISought
        where TAlternate : notnull, allows ref struct
    {
        private readonly TAlternate _alternate = alternate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Is(TKey candidate) => comparer.Equals(_alternate, candidate);
    }

    /// <summary>Where an entry was found; <c>default</c> where none was.</summary>
    private readonly record struct Place(Page? Page, int Slot)
    {
        public bool IsFound
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => Page is not null;
        }

        public ref Entry Entry
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => ref Page!.At(0, Slot);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryRead([MaybeNullWhen(false)] out TStored value)
        {
            if (Page is not null)
            {
                value = Entry.Value.Read();
                if (typeof(TStored).IsValueType || !ReferenceEquals(value, Removed.Value))
                {
                    return true;
                }
            }

            value = default; // D2: where it is removed, that was since its tag was read; so the key was away for a moment within this call.
            return false;
        }
    }
}
