using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>
    /// A directory of pages by the upper bits of the hash, as in extendible hashing (Fagin, Nievergelt, Pippenger and Strong, ACM TODS
    /// 4(3), 1979), and the hash function that goes with it. Small directories are one array of links, larger ones an array of chunks
    /// of links, so that after a snapshot a write copies one chunk and not all of them.
    /// </summary>
    /// <remarks>
    /// A page whose entries agree in fewer bits than the directory has stands in several links, side by side. The links of a root, and the
    /// chunks it owns, change in place while its stamp is the current generation; after that the root is immutable.
    /// </remarks>
    internal sealed class Root
    {
        private readonly SharedReference<Page>[]? _flat;
        private readonly SharedReference<SharedReference<Page>[]>[]? _chunks;
        private readonly ulong[]? _owned; // A bit a chunk. The writer's, under its lock.
        private readonly int _linkShift;
        private readonly int _chunkShift;
        private readonly int _chunkBits;
        private readonly uint _linkMask;

        private Root(Geometry geometry, int depth, Hashing hashing, long stamp)
        {
            Depth = depth;
            Hashing = hashing;
            Stamp = stamp;
            bool isFlat = depth <= geometry.FlatBits;
            _chunkBits = isFlat ? depth : geometry.ChunkBits;
            _linkShift = 32 - depth;
            _chunkShift = 32 - depth + _chunkBits;
            _linkMask = (1u << _chunkBits) - 1;
            if (isFlat)
            {
                _flat = new SharedReference<Page>[1 << depth];
            }
            else
            {
                _chunks = new SharedReference<SharedReference<Page>[]>[1 << (depth - _chunkBits)];
                _owned = new ulong[(_chunks.Length + 63) / 64];
            }
        }

        /// <summary>With how many bits of the hash the directory is indexed.</summary>
        public int Depth { get; }

        public Hashing Hashing { get; }

        /// <summary>The generation in which the root may be written in place. The writer's, under its lock.</summary>
        public long Stamp { get; set; }

        public int Links => 1 << Depth;

        /// <summary>With fewer entries than this the directory may be made smaller; less than all where that has failed. The writer's, under its lock.</summary>
        public long ShrinkBelow { get; set; } = long.MaxValue;

        /// <summary>A directory with one page in every link, in one chunk that stands for all until they are written: so that a large one is not dear before it is used.</summary>
        public static Root Create(Geometry geometry, int depth, Hashing hashing, long stamp, Page page)
        {
            var root = new Root(geometry, depth, hashing, stamp);
            SharedReference<Page>[] links = root._flat ?? new SharedReference<Page>[root._linkMask + 1];
            for (int link = 0; link < links.Length; link++)
            {
                links[link].WriteRelaxed(page);
            }

            for (int chunk = 0; chunk < root._chunks?.Length; chunk++)
            {
                root._chunks[chunk].WriteRelaxed(links);
            }

            return root;
        }

        /// <summary>The page where a hash belongs.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Page PageOf(uint hash)
        {
            // The indices are in range: a hash has 32 bits, and the mask is the length of every chunk less one. Without the checks a hit is a tenth faster.
            ulong link = (ulong)hash >> _linkShift;
            return _flat is { } links
                ? Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(links), (nint)link).Read()!
                : Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(ChunkOf(hash)), (nint)((uint)link & _linkMask)).Read()!;
        }

        public Page PageAt(int link) => (_flat ?? _chunks![link >> _chunkBits].Read()!)[link & _linkMask].Read()!;

        /// <summary>Whether a link stands in a chunk that another root has in the same place: then what is behind it is the same in both.</summary>
        public bool SharesChunk(Root other, int link) => _chunks is not null && other._chunks?.Length == _chunks.Length
            && ReferenceEquals(_chunks[link >> _chunkBits].Read(), other._chunks[link >> _chunkBits].Read());

        public int EndOfChunk(int link) => ((link >> _chunkBits) + 1) << _chunkBits;

        /// <summary>The first link of the page where a hash belongs.</summary>
        public int FirstLinkOf(uint hash, int pageDepth) => pageDepth == 0 ? 0 : (int)(hash >> (32 - pageDepth)) << (Depth - pageDepth);

        /// <summary>Makes some links this root's own.</summary>
        public void Own(int first, int count)
        {
            for (int link = first; link < first + count; link += 1 << _chunkBits)
            {
                Own(link);
            }

            Own(first + count - 1);
        }

        /// <summary>A copy with as many links or more, whose chunks are this one's until it owns them.</summary>
        public Root Copy(Geometry geometry, int depth, long stamp)
        {
            var copy = new Root(geometry, depth, Hashing, stamp) { ShrinkBelow = depth == Depth ? ShrinkBelow : long.MaxValue };
            if (depth != Depth)
            {
                for (int link = 0; link < copy.Links; link++)
                {
                    copy.Own(link)[link & copy._linkMask].WriteRelaxed(PageAt(link >> (depth - Depth)));
                }
            }
            else if (_flat is not null)
            {
                SharedReference<Page>.CopyRelaxed(_flat, copy._flat);
            }
            else
            {
                SharedReference<SharedReference<Page>[]>.CopyRelaxed(_chunks, copy._chunks);
            }

            return copy;
        }

        /// <summary>Writes the links of pages that follow one another: in the writer's hand, the root unpublished, or its own and inside the gate.</summary>
        public void Link(ReadOnlySpan<Page> pages, int first)
        {
            int link = first;
            foreach (Page page in pages)
            {
                for (int end = link + (1 << (Depth - page.Depth)); link < end; link++)
                {
                    Own(link)[link & _linkMask].Write(page); // D3: release, after all that is in the page; pairs with PageOf.
                }
            }
        }

        /// <summary>The links around one, copied first if they are not this root's own.</summary>
        public SharedReference<Page>[] Own(int link)
        {
            if (_flat is not null)
            {
                return _flat;
            }

            int chunk = link >> _chunkBits;
            ref ulong owned = ref _owned![chunk >> 6];
            if ((owned & (1UL << (chunk & 63))) == 0)
            {
                SharedReference<Page>[]? shared = _chunks![chunk].ReadRelaxed();
                var links = new SharedReference<Page>[_linkMask + 1];
                if (shared is not null)
                {
                    SharedReference<Page>.CopyRelaxed(shared, links);
                }

                _chunks[chunk].Write(links); // Release: a root of this generation may be published already.
                owned |= 1UL << (chunk & 63);
            }

            return _chunks![chunk].ReadRelaxed()!;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private SharedReference<Page>[] ChunkOf(uint hash) =>
            Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_chunks!), (nint)(uint)((ulong)hash >> _chunkShift)).Read()!;
    }
}
