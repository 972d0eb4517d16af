using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>Goes through the entries of a captured root, or of one that its user keeps from being written.</summary>
    /// <param name="root">The root.</param>
    /// <param name="except">Another captured root, whose pages are left out: what is in them is the same in both.</param>
    internal struct Cursor(Root root, Root? except = null)
    {
        private readonly Root _root = root;
        private readonly Root? _except = except;
        private Page? _page;
        private uint _live;
        private int _group;
        private int _link;
        private TKey? _key;
        private TStored? _value;

        /// <summary>The key it is at.</summary>
        public readonly TKey Key => _key!;

        /// <summary>The value it is at.</summary>
        public readonly TStored Value => _value!;

        public bool MoveNext()
        {
            while (_live == 0)
            {
                if (!MoveToNextGroup())
                {
                    (_key, _value) = (default, default);
                    return false;
                }
            }

            ref Entry entry = ref _page!.At(((_group - 1) * Page.GroupSize) + BitOperations.TrailingZeroCount(_live));
            _live &= _live - 1;
            (_key, _value) = (entry.Key.Read(), entry.Value.Read());
            return true;
        }

        [MemberNotNullWhen(true, nameof(_page))]
        private bool MoveToNextGroup()
        {
            if (_page is null || _group == Page.Groups)
            {
                _page = _page?.Overflow ?? NextPage();
                if (_page is null)
                {
                    return false;
                }

                _group = 0;
            }

            _live = _page.LiveSlots(_group++);
            return true;
        }

        private Page? NextPage()
        {
            while (_link < _root.Links)
            {
                int link = _link;
                if (_except is not null && _root.SharesChunk(_except, link))
                {
                    _link = _root.EndOfChunk(link);
                    continue;
                }

                Page page = _root.PageAt(link);
                int links = 1 << (_root.Depth - page.Depth);
                _link = (link & -links) + links; // Past all the links where it stands.
                if (_except is null || !ReferenceEquals(page, _except.PageOf((uint)link << (32 - _root.Depth))))
                {
                    return page;
                }
            }

            return null;
        }
    }
}
