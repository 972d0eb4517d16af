using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SwmrKit;

// How values are stored: as they are where the machine reads and writes them whole, else as objects.
public sealed partial class CopyOnWriteDictionary<TKey, TValue>
{
    private readonly Table<TKey, TValue>? _primitives;
    private readonly Table<TKey, object?>? _objects; // References, and boxes of structures that could tear.

    /// <summary>Whether values are stored as they are. A constant to the JIT. References are not: removing one needs an object that is no value.</summary>
    internal static bool IsStoredAsItIs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(TValue).IsValueType && SharedValue<TValue>.IsAtomic;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TValue Decode(object? stored) => typeof(TValue).IsValueType ? (TValue)stored! : Unsafe.As<object?, TValue>(ref stored);

    /// <summary>With how many bits of the hash the directory is indexed; for tests.</summary>
    internal int DirectoryDepth => IsStoredAsItIs ? _primitives!.CurrentRoot.Depth : _objects!.CurrentRoot.Depth;

    /// <summary>Has something called after each write that may have changed something: on the writer's thread, which must not be made to wait.</summary>
    internal void Attach(Action listener)
    {
        if (IsStoredAsItIs)
        {
            _primitives!.Changed += listener;
        }
        else
        {
            _objects!.Changed += listener;
        }
    }

    internal void Detach(Action listener)
    {
        if (IsStoredAsItIs)
        {
            _primitives!.Changed -= listener;
        }
        else
        {
            _objects!.Changed -= listener;
        }
    }

    private bool TryGetObject(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        bool found = _objects!.TryFind(key, out object? stored);
        value = typeof(TValue).IsValueType && !found ? default : Decode(stored);
        return found;
    }

    internal bool TryFind(object root, TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (IsStoredAsItIs)
        {
            return _primitives!.TryFind(Unsafe.As<Table<TKey, TValue>.Root>(root), key, out value);
        }

        bool found = _objects!.TryFind(Unsafe.As<Table<TKey, object?>.Root>(root), key, out object? stored);
        value = found ? Decode(stored) : default;
        return found;
    }

    internal bool TryFind<TAlternate>(
        IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate, [MaybeNullWhen(false)] out TKey key, [MaybeNullWhen(false)] out TValue value)
        where TAlternate : notnull, allows ref struct =>
        TryFind(IsStoredAsItIs ? _primitives!.CurrentRoot : (object)_objects!.CurrentRoot, comparer, alternate, out key, out value);

    internal static bool TryFind<TAlternate>(
        object root, IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate, [MaybeNullWhen(false)] out TKey key, [MaybeNullWhen(false)] out TValue value)
        where TAlternate : notnull, allows ref struct
    {
        if (IsStoredAsItIs)
        {
            return Table<TKey, TValue>.TryFind(Unsafe.As<Table<TKey, TValue>.Root>(root), comparer, alternate, out key, out value);
        }

        bool found = Table<TKey, object?>.TryFind(Unsafe.As<Table<TKey, object?>.Root>(root), comparer, alternate, out key, out object? stored);
        value = found ? Decode(stored) : default;
        return found;
    }

    private bool Put(TKey key, TValue value, Condition condition, [MaybeNull] out TValue existing)
    {
        if (IsStoredAsItIs)
        {
            return _primitives!.Put(key, value, condition, default, out existing);
        }

        bool isPut = _objects!.Put(key, value, condition, null, out object? stored);
        existing = stored is null ? default : Decode(stored);
        return isPut;
    }

    private bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (IsStoredAsItIs)
        {
            return _primitives!.Remove(key, Condition.None, default, out value);
        }

        bool removed = _objects!.Remove(key, Condition.None, null, out object? stored);
        value = removed ? Decode(stored) : default;
        return removed;
    }

    private bool Update(long? version, Action<DictionaryBatch<TKey, TValue>> change) => IsStoredAsItIs
        ? _primitives!.Update(version, draft => change(new DictionaryBatch<TKey, TValue>(draft, Comparer)))
        : _objects!.Update(version, draft => change(new DictionaryBatch<TKey, TValue>(draft, Comparer)));

    /// <summary>Computes a new value for a key that is there, and puts it in place if the value it was computed from still is.</summary>
    /// <returns>False where the key is absent.</returns>
    private static bool TryReplace<TStored, TArgument>(
        Table<TKey, TStored> table, Func<TStored, TValue> decode, Func<TValue, TStored> encode, TKey key, Func<TKey, TValue, TArgument, TValue> factory, TArgument argument, [MaybeNullWhen(false)] out TValue value)
        where TArgument : allows ref struct
    {
        while (table.TryFind(key, out TStored? stored))
        {
            value = factory(key, decode(stored), argument);
            if (table.Put(key, encode(value), Condition.Expected, stored, out _))
            {
                return true;
            }
        }

        value = default;
        return false;
    }
}
