using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SwmrKit;

/// <summary>
/// The hash table under a <see cref="CopyOnWriteDictionary{TKey, TValue}"/>: read without locks, written in place by one writer at a time, and copied
/// page by page only after a snapshot.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TStored">What is stored for a value: something that is read and written atomically.</typeparam>
/// <remarks>
/// <para><b>Reading</b> walks root, directory, page, tag, key, value by acquire loads and takes what it finds: one tag and one value decide,
/// each at one instant. See <see cref="Page"/> for why a reader that is overtaken is right all the same.</para>
/// <para><b>Writing</b> happens under the writer's lock, in one of two ways. Where page and links carry the stamp of the current generation, in
/// place: some stores inside the <see cref="SnapshotGate"/>. Otherwise aside: a copy of the page, or two where it is full, with the change already in
/// it; then one link, or a new root, inside the gate. User code (comparers) runs before, under the lock but outside the gate.</para>
/// <para><b>A snapshot</b> is the root, the count and the version, captured inside the gate, whose generation then ends: nothing that it
/// reaches carries the new one's stamp, so nothing that it reaches is written again.</para>
/// <para><b>A batch</b> works on a <see cref="Draft"/>: a private root, whose own pages carry a stamp that no generation has.</para>
/// </remarks>
internal sealed partial class Table<TKey, TStored>
    where TKey : notnull
{
    private const long NoGeneration = -1;
    private static readonly Page s_empty = new(NoGeneration, depth: 0, Geometry.Default.Fill);

    private readonly IEqualityComparer<TKey>? _comparer; // Null: the key type's own equality, or that of text.
    private readonly Geometry _geometry;
    private readonly ExclusiveLock _writer = new();
    private SnapshotGate _gate;
    private SharedReference<Root> _root;
    private SharedInt64 _count;
    private SharedInt64 _version;

    /// <param name="comparer">Compares the keys; null for the key type's own equality, which must be a value type's, or text's.</param>
    /// <param name="hashing">How the keys are hashed at first.</param>
    /// <param name="capacity">For how many entries to make room.</param>
    /// <param name="geometry">The sizes.</param>
    public Table(IEqualityComparer<TKey>? comparer, Hashing hashing, long capacity, Geometry geometry)
    {
        _comparer = comparer;
        _geometry = geometry;
        _root = new SharedReference<Root>(NewRoot(geometry.DepthFor(capacity), hashing, stamp: 0));
    }

    /// <summary>What a snapshot holds: immutable, but for pages that no longer change.</summary>
    internal readonly record struct Captured(Root Root, long Count, long Version);

    /// <summary>How many entries there are; it may trail a write in flight.</summary>
    public long Count => _count.Read();

    /// <summary>How many changes there have been.</summary>
    public long Version => _version.Read();

    public Hashing Hashing => _root.Read()!.Hashing;

    internal Root CurrentRoot => _root.Read()!;

    /// <summary>Finds the value of a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(TKey key, [MaybeNullWhen(false)] out TStored value) => TryFind(_root.Read()!, key, out value);

    /// <summary>Finds the value of a key, live or in a snapshot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(Root root, TKey key, [MaybeNullWhen(false)] out TStored value)
    {
        if (!typeof(TKey).IsValueType || _comparer is not null)
        {
            return TryFindCompared(root, key, out value);
        }

        // Without a call that returns: what lives across one is kept on the stack, which costs an integer key as much again as its look-up.
        uint hash = TextHash.Mix(key.GetHashCode());
        Page page = root.PageOf(hash);
        Vector128<byte> tags = page.Tags(hash); // D1: acquire; pairs with Page.Add.
        for (uint matches = Page.Matches(tags, Vector128.Create(Page.TagOf(hash))); matches != 0; matches &= matches - 1)
        {
            ref Entry entry = ref page.At(hash, BitOperations.TrailingZeroCount(matches));
            if (EqualityComparer<TKey>.Default.Equals(entry.Key.Read(), key))
            {
                return TryTake(ref entry, out value);
            }
        }

        if (Page.HasFree(tags))
        {
            value = default;
            return false;
        }

        return TryFindFurther(root, page, hash, key, out value);
    }

    /// <summary>The same for keys that are compared by calls.</summary>
    private bool TryFindCompared(Root root, TKey key, [MaybeNullWhen(false)] out TStored value)
    {
        uint hash = HashOf(root.Hashing, key);
        Page page = root.PageOf(hash);
        Vector128<byte> tags = page.Tags(hash); // D1: acquire; pairs with Page.Add.
        for (uint matches = Page.Matches(tags, Vector128.Create(Page.TagOf(hash))); matches != 0; matches &= matches - 1)
        {
            ref Entry entry = ref page.At(hash, BitOperations.TrailingZeroCount(matches));
            if (AreEqual(root.Hashing, entry.Key.Read(), key))
            {
                return TryTake(ref entry, out value);
            }
        }

        if (Page.HasFree(tags))
        {
            value = default;
            return false;
        }

        return TryFindFurther(root, page, hash, key, out value);
    }

    /// <summary>The value of an entry whose tag was live and whose key is the one sought.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTake(ref Entry entry, [MaybeNullWhen(false)] out TStored value)
    {
        value = entry.Value.Read();
        if (typeof(TStored).IsValueType || !ReferenceEquals(value, Removed.Value))
        {
            return true;
        }

        value = default; // D2: removed since its tag was read; so the key was away for a moment within this call.
        return false;
    }

    /// <summary>The rest of a look-up whose first group is full: seldom.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryFindFurther(Root root, Page page, uint hash, TKey key, [MaybeNullWhen(false)] out TStored value)
    {
        if (TryLocate(root, page, hash, key, out Page? found, out int slot))
        {
            return TryTake(ref found.At(slot), out value);
        }

        value = default;
        return false;
    }

    /// <summary>Finds a key by something else that stands for it: characters for a string.</summary>
    public static bool TryFind<TAlternate>(
        Root root, IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate, [MaybeNullWhen(false)] out TKey key, [MaybeNullWhen(false)] out TStored value)
        where TAlternate : notnull, allows ref struct
    {
        uint hash = HashOf(root.Hashing, comparer, alternate);
        Page? page = root.PageOf(hash);
        Vector128<byte> tag = Vector128.Create(Page.TagOf(hash));
        for (; page is not null; page = page.Overflow)
        {
            uint group = hash;
            for (int probe = 0; probe < Page.Groups; probe++, group++)
            {
                Vector128<byte> tags = page.Tags(group); // D1.
                for (uint matches = Page.Matches(tags, tag); matches != 0; matches &= matches - 1)
                {
                    ref Entry entry = ref page.At(group, BitOperations.TrailingZeroCount(matches));
                    TKey candidate = entry.Key.Read();
                    if (comparer.Equals(alternate, candidate))
                    {
                        key = candidate;
                        return TryTake(ref entry, out value);
                    }
                }

                if (Page.HasFree(tags))
                {
                    (key, value) = (default, default);
                    return false;
                }
            }
        }

        (key, value) = (default, default);
        return false;
    }

    /// <summary>Captures the table as it is: O(1).</summary>
    public Captured Capture()
    {
        long entered = _gate.EnterToCapture();
        var captured = new Captured(_root.Read()!, _count.Read(), _version.Read());
        _gate.ExitCaptured(entered); // D4: from here on nothing reachable from this root has the stamp of the generation.
        return captured;
    }

    /// <summary>The slot of a key.</summary>
    private bool TryLocate(Root root, Page head, uint hash, TKey key, [NotNullWhen(true)] out Page? page, out int slot)
    {
        byte tag = Page.TagOf(hash);
        for (page = head; page is not null; page = page.Overflow)
        {
            uint group = hash;
            for (int probe = 0; probe < Page.Groups; probe++, group++)
            {
                Vector128<byte> tags = page.Tags(group);
                for (uint matches = Page.Matches(tags, Vector128.Create(tag)); matches != 0; matches &= matches - 1)
                {
                    slot = Page.SlotOf(group, BitOperations.TrailingZeroCount(matches));
                    if (AreEqual(root.Hashing, page.At(slot).Key.Read(), key))
                    {
                        return true;
                    }
                }

                if (Page.HasFree(tags))
                {
                    slot = 0;
                    return false;
                }
            }
        }

        slot = 0;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint HashOf(Hashing hashing, TKey key)
    {
        if (typeof(TKey).IsValueType && _comparer is null)
        {
            return TextHash.Mix(key.GetHashCode());
        }

        return hashing switch
        {
            Hashing.FastText => TextHash.Fast(Unsafe.As<TKey, string>(ref key)),
            Hashing.RandomText => TextHash.Mix(Unsafe.As<TKey, string>(ref key).GetHashCode()),
            _ => TextHash.Mix(_comparer!.GetHashCode(key)),
        };
    }

    private static uint HashOf<TAlternate>(Hashing hashing, IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate)
        where TAlternate : notnull, allows ref struct => hashing switch
        {
            // Text compared by its characters has one alternate: a span of characters.
            Hashing.FastText => TextHash.Fast(Unsafe.As<TAlternate, ReadOnlySpan<char>>(ref alternate)),
            Hashing.RandomText => TextHash.Mix(string.GetHashCode(Unsafe.As<TAlternate, ReadOnlySpan<char>>(ref alternate))),
            _ => TextHash.Mix(comparer.GetHashCode(alternate)),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreEqual(Hashing hashing, TKey candidate, TKey key)
    {
        if (typeof(TKey).IsValueType && _comparer is null)
        {
            return EqualityComparer<TKey>.Default.Equals(candidate, key);
        }

        return hashing == Hashing.Comparer
            ? _comparer!.Equals(candidate, key)
            : string.Equals(Unsafe.As<TKey, string>(ref candidate), Unsafe.As<TKey, string>(ref key));
    }

    /// <summary>An empty directory: of pages to write in, or for no entries at all of one that stands in for a page until there is something to write.</summary>
    private Root NewRoot(int depth, Hashing hashing, long stamp) => Root.Create(
        _geometry,
        depth,
        hashing,
        stamp,
        depth == 0 && ReferenceEquals(_geometry, Geometry.Default) ? static _ => s_empty : _ => new Page(stamp, depth, _geometry.Fill));
}
