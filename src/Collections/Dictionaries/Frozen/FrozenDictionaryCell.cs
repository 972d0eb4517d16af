using System.Collections;
using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace SwmrKit;

/// <summary>A <see cref="FrozenDictionary{TKey, TValue}"/> that is replaced whole, now and then: look-ups are its own, and see one state after the other.</summary>
/// <typeparam name="TKey">The type of the keys. Keys must not change in what their comparer looks at.</typeparam>
/// <typeparam name="TValue">The type of the values, which are never disposed.</typeparam>
/// <remarks>
/// <para><b>When to use it.</b> For what is read all the time and loaded again every few minutes or hours: rules, translations, tables from a file. Building is dear (many times what a <see cref="Dictionary{TKey, TValue}"/> takes, and O(n) for a single
/// change too); what it buys depends on the keys. A <see cref="CopyOnWriteDictionary{TKey, TValue}"/> is seldom much slower to read, at some sizes and on misses faster, and has single writes, batches, differences and a change log besides: where a frozen dictionary is
/// not in place already, measure both. A cell may hold a frozen copy of such a dictionary.</para>
/// <para><b>Reading.</b> <see cref="Current"/> is one state, immutable, for as long as one keeps it: several look-ups that must belong together go through it, and so does what a collection expression copies (<c>[.. cell.Current]</c>), which asks for the count first. Reads take no lock, never wait and allocate nothing.</para>
/// <para><b>Writing.</b> A new state is built on the thread that brings it, beside readers and other writers, and published by one store; the last to be published stays. Where it is built from the state before,
/// <see cref="TryReplace"/> notices that somebody else was faster.</para>
/// <para>All members may be called from any thread.</para>
/// </remarks>
[DebuggerDisplay("Count = {Count}")]
[DebuggerTypeProxy(typeof(DictionaryDebugView<,>))]
#pragma warning disable CA1710 // What it holds is the dictionary.
public sealed class FrozenDictionaryCell<TKey, TValue> : IReadOnlyDictionary<TKey, TValue>
#pragma warning restore CA1710
    where TKey : notnull
{
    private SharedReference<FrozenDictionary<TKey, TValue>> _current;

    /// <summary>Creates a cell with an empty dictionary.</summary>
    public FrozenDictionaryCell()
        : this([], null)
    {
    }

    /// <summary>Creates a cell with an empty dictionary.</summary>
    /// <param name="comparer">Compares the keys, of all states to come; null for the default comparer of their type.</param>
    public FrozenDictionaryCell(IEqualityComparer<TKey>? comparer)
        : this([], comparer)
    {
    }

    /// <summary>Creates a cell with a dictionary of entries, with the default comparer of their keys.</summary>
    /// <param name="entries">The entries. Of those with equal keys the last one's value stays.</param>
    /// <exception cref="ArgumentNullException"><paramref name="entries"/> or a key is null.</exception>
    public FrozenDictionaryCell(IEnumerable<KeyValuePair<TKey, TValue>> entries)
        : this(entries, null)
    {
    }

    /// <summary>Creates a cell with a dictionary of entries.</summary>
    /// <param name="entries">The entries. Of those with equal keys the last one's value stays.</param>
    /// <param name="comparer">Compares the keys, of all states to come; null for the default comparer of their type.</param>
    /// <exception cref="ArgumentNullException"><paramref name="entries"/> or a key is null.</exception>
    public FrozenDictionaryCell(IEnumerable<KeyValuePair<TKey, TValue>> entries, IEqualityComparer<TKey>? comparer)
    {
        Comparer = comparer ?? EqualityComparer<TKey>.Default;
        _current = new(Freeze(entries));
    }

    /// <summary>Compares the keys.</summary>
    public IEqualityComparer<TKey> Comparer { get; }

    /// <summary>The state in force: immutable. O(1).</summary>
    public FrozenDictionary<TKey, TValue> Current => _current.Read()!; // D3: acquire; pairs with Replace and TryReplace.

    /// <summary>How many entries there are.</summary>
    public int Count => Current.Count;

    /// <summary>The keys of the state in force, which do not change under whoever has them.</summary>
    public IReadOnlyCollection<TKey> Keys => Current.Keys;

    /// <summary>The values of the state in force, in the order of its keys.</summary>
    public IReadOnlyCollection<TValue> Values => Current.Values;

    IEnumerable<TKey> IReadOnlyDictionary<TKey, TValue>.Keys => Keys;

    IEnumerable<TValue> IReadOnlyDictionary<TKey, TValue>.Values => Values;

    /// <summary>Gets a key's value.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="KeyNotFoundException">The key is absent.</exception>
    public TValue this[TKey key] => Current[key];

    /// <summary>Finds a key's value. O(1), without lock, wait or allocation.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, or default.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => Current.TryGetValue(key, out value);

    /// <summary>Whether a key is there. O(1), without lock, wait or allocation.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool ContainsKey(TKey key) => Current.ContainsKey(key);

    /// <summary>Puts other entries in the place of all there are. O(n), before the one store that readers see.</summary>
    /// <param name="entries">The entries: from a file, or a <see cref="DictionarySnapshot{TKey, TValue}"/>. Of those with equal keys the last one's value stays. A frozen dictionary with this cell's comparer is taken as it is.</param>
    /// <returns>The state that was replaced: together with the new one it tells what has changed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="entries"/> or a key is null. As with whatever the source or the comparer throws, nothing has been changed.</exception>
    public FrozenDictionary<TKey, TValue> Replace(IEnumerable<KeyValuePair<TKey, TValue>> entries) => _current.Exchange(Freeze(entries))!; // D3: a full fence, after all that is in it.

    /// <summary>As <see cref="Replace"/>, if the state in force is still the one that the entries were computed from.</summary>
    /// <param name="expected">That state, from <see cref="Current"/>.</param>
    /// <param name="entries">The entries.</param>
    /// <returns>False when another state is in force; nothing has been changed.</returns>
    /// <exception cref="ArgumentNullException">An argument or a key is null.</exception>
    public bool TryReplace(FrozenDictionary<TKey, TValue> expected, IEnumerable<KeyValuePair<TKey, TValue>> entries)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(entries);
        return ReferenceEquals(Current, expected) // Or there is no use in freezing them.
            && ReferenceEquals(_current.CompareExchange(Freeze(entries), expected), expected); // D3: as in Replace.
    }

    /// <summary>Goes through the entries of the state in force at the call.</summary>
    /// <returns>The enumerator.</returns>
    public FrozenDictionary<TKey, TValue>.Enumerator GetEnumerator() => Current.GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() => ((IEnumerable<KeyValuePair<TKey, TValue>>)Current).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)Current).GetEnumerator();

    private FrozenDictionary<TKey, TValue> Freeze(IEnumerable<KeyValuePair<TKey, TValue>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return entries.ToFrozenDictionary(Comparer);
    }
}
