using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
    private static readonly Page s_empty = new(NoGeneration, depth: 0, Geometry.Default.FillAt(0));

    private readonly IEqualityComparer<TKey>? _comparer; // Null: the key type's own equality, or that of text.
    private readonly Geometry _geometry;
    private readonly ExclusiveLock _writer = new();
    private int _roomDepth; // The least deep directory that has the room asked for. The writer's, under its lock.
    private SharedReference<Root> _root;
    private Progress _progress;

    /// <param name="comparer">Compares the keys; null for the key type's own equality, which must be a value type's, or text's.</param>
    /// <param name="hashing">How the keys are hashed at first.</param>
    /// <param name="capacity">For how many entries to make room.</param>
    /// <param name="geometry">The sizes.</param>
    /// <param name="keepsRoom">Whether the room stays when entries are removed.</param>
    public Table(IEqualityComparer<TKey>? comparer, Hashing hashing, long capacity, Geometry geometry, bool keepsRoom = false)
    {
        _comparer = comparer;
        _geometry = geometry;
        _root = new SharedReference<Root>(NewRoot(geometry.DepthFor(capacity), hashing, stamp: 0));
        _roomDepth = keepsRoom ? CurrentRoot.Depth : 0;
    }

    /// <summary>A table for a dictionary with that comparer: text compared by its characters is hashed by the table itself, value types by their own equality in line.</summary>
    public static Table<TKey, TStored> For(IEqualityComparer<TKey> comparer, long capacity, Geometry geometry, bool keepsRoom)
    {
        bool isDefault = ReferenceEquals(comparer, EqualityComparer<TKey>.Default);
        if (typeof(TKey) == typeof(string) && (isDefault || ReferenceEquals(comparer, StringComparer.Ordinal)))
        {
            return new Table<TKey, TStored>(null, Hashing.FastText, capacity, geometry, keepsRoom);
        }

        return new Table<TKey, TStored>(isDefault && typeof(TKey).IsValueType ? null : comparer, Hashing.Comparer, capacity, geometry, keepsRoom);
    }

    /// <summary>What every write writes: on lines of its own, for readers read the root on each look-up.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Progress
    {
        private readonly CacheLinePadding _before;
        public SnapshotGate Gate;
        public SharedInt64 Count;
        public SharedInt64 Version;
        private readonly CacheLinePadding _after;
    }

    /// <summary>What a snapshot holds: immutable, but for pages that no longer change.</summary>
    internal readonly record struct Captured(Root Root, long Count, long Version);

    /// <summary>How many entries there are; it may trail a write in flight.</summary>
    public long Count => _progress.Count.Read();

    /// <summary>How many changes there have been.</summary>
    public long Version => _progress.Version.Read();

    public Hashing Hashing => _root.Read()!.Hashing;

    internal Root CurrentRoot => _root.Read()!;

    /// <summary>Finds the value of a key.</summary>
    public bool TryFind(TKey key, [MaybeNullWhen(false)] out TStored value) => TryFind(_root.Read()!, key, out value);

    /// <summary>Finds the value of a key, live or in a snapshot.</summary>
    public bool TryFind(Root root, TKey key, [MaybeNullWhen(false)] out TStored value)
    {
        if (typeof(TKey).IsValueType && _comparer is null)
        {
            return TryRead<SoughtValue<TKey>, TKey>(root, TextHash.Mix(key.GetHashCode()), new(key), out value);
        }

        return TryFindReference(root, key, out value);
    }

    /// <summary>Finds the key that is equal to another.</summary>
    public bool TryFindKey(Root root, TKey key, [MaybeNullWhen(false)] out TKey actual)
    {
        uint hash = HashOf(root.Hashing, key);
        if (Locate(root.Hashing, root.PageOf(hash), hash, key, out Place place) && place.TryRead(out _))
        {
            actual = place.Entry.Key.Read();
            return true;
        }

        actual = default;
        return false;
    }

    /// <summary>Finds a key by something else that stands for it: characters for a string.</summary>
    public static bool TryFind<TAlternate>(
        Root root, IAlternateEqualityComparer<TAlternate, TKey> comparer, TAlternate alternate, [MaybeNullWhen(false)] out TKey key, [MaybeNullWhen(false)] out TStored value)
        where TAlternate : notnull, allows ref struct
    {
        bool isFound;
        Place place;
        if (root.Hashing == Hashing.Comparer)
        {
            uint hash = TextHash.Mix(comparer.GetHashCode(alternate));
            isFound = Find<SoughtAlternate<TAlternate, TKey>, TKey>(root.PageOf(hash), hash, new(comparer, alternate), out place);
        }
        else
        {
            // Text compared by its characters has one alternate: a span of characters.
            ReadOnlySpan<char> text = Unsafe.As<TAlternate, ReadOnlySpan<char>>(ref alternate);
            uint hash = HashOfText(root.Hashing, text);
            isFound = Find<SoughtText, string>(root.PageOf(hash), hash, new(text), out place);
        }

        if (isFound && place.TryRead(out value))
        {
            key = place.Entry.Key.Read();
            return true;
        }

        (key, value) = (default, default);
        return false;
    }

    /// <summary>Captures the table as it is: O(1).</summary>
    public Captured Capture()
    {
        long entered = _progress.Gate.EnterToCapture();
        var captured = new Captured(_root.Read()!, _progress.Count.Read(), _progress.Version.Read());
        _progress.Gate.ExitCaptured(entered); // D4: from here on nothing reachable from this root has the stamp of the generation.
        return captured;
    }

    private bool TryFindReference(Root root, TKey key, [MaybeNullWhen(false)] out TStored value)
    {
        if (root.Hashing == Hashing.Comparer)
        {
            return TryRead<SoughtKey<TKey>, TKey>(root, TextHash.Mix(_comparer!.GetHashCode(key)), new(_comparer, key), out value);
        }

        string text = Unsafe.As<TKey, string>(ref key);
        return TryRead<SoughtString, string>(root, HashOfText(root.Hashing, text), new(text), out value);
    }

    /// <summary>Finds the place of a key.</summary>
    private bool Locate(Hashing hashing, Page head, uint hash, TKey key, out Place place) =>
        typeof(TKey).IsValueType && _comparer is null ? Find<SoughtValue<TKey>, TKey>(head, hash, new(key), out place)
        : hashing == Hashing.Comparer ? Find<SoughtKey<TKey>, TKey>(head, hash, new(_comparer!, key), out place)
        : Find<SoughtString, string>(head, hash, new(Unsafe.As<TKey, string>(ref key)), out place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryRead<TSought, TCandidate>(Root root, uint hash, TSought sought, [MaybeNullWhen(false)] out TStored value)
        where TSought : struct, ISought<TCandidate>, allows ref struct
    {
        if (Find<TSought, TCandidate>(root.PageOf(hash), hash, sought, out Place place))
        {
            return place.TryRead(out value);
        }

        value = default;
        return false;
    }

    /// <summary>Finds the place of a key that is there.</summary>
    /// <typeparam name="TSought">What is looked for.</typeparam>
    /// <typeparam name="TCandidate">What the keys are known to be: their type, or text.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Find<TSought, TCandidate>(Page head, uint hash, TSought sought, out Place place)
        where TSought : struct, ISought<TCandidate>, allows ref struct
    {
        Page? page = head;
        Vector128<byte> tag = Vector128.Create(Page.TagOf(hash));
        do
        {
            uint group = hash;
            do
            {
                Vector128<byte> tags = page.Tags(group); // D1: acquire; pairs with Page.Add.
                for (uint matches = Page.Matches(tags, tag); matches != 0; matches &= matches - 1)
                {
                    int index = BitOperations.TrailingZeroCount(matches);
                    TKey candidate = page.At(group, index).Key.Read();
                    if (sought.Is(Unsafe.As<TKey, TCandidate>(ref candidate)))
                    {
                        place = new Place(page, Page.SlotOf(group, index));
                        return true;
                    }
                }

                if (Page.HasFree(tags))
                {
                    place = default;
                    return false;
                }
            }
            while (++group != hash + Page.Groups);
            page = page.Overflow;
        }
        while (page is not null);
        place = default;
        return false;
    }

    private uint HashOf(Hashing hashing, TKey key)
    {
        if (typeof(TKey).IsValueType && _comparer is null)
        {
            return TextHash.Mix(key.GetHashCode());
        }

        return hashing == Hashing.Comparer ? TextHash.Mix(_comparer!.GetHashCode(key)) : HashOfText(hashing, Unsafe.As<TKey, string>(ref key));
    }

    private static uint HashOfText(Hashing hashing, ReadOnlySpan<char> text) =>
        hashing == Hashing.FastText ? TextHash.Fast(text) : TextHash.Mix(string.GetHashCode(text));

    /// <summary>An empty directory. In the place of pages it has one that nobody owns, so that each is made when there is something to write in it.</summary>
    private Root NewRoot(int depth, Hashing hashing, long stamp)
    {
        // Of one link the page may as well be its own; the usual empty table shares one with all others.
        Page page = depth > 0 ? new Page(NoGeneration, depth, _geometry.FillAt(depth))
            : ReferenceEquals(_geometry, Geometry.Default) ? s_empty
            : new Page(stamp, depth, _geometry.FillAt(depth));
        return Root.Create(_geometry, depth, hashing, stamp, page);
    }
}
