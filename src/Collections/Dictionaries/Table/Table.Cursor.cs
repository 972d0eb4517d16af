using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace SwmrKit;

internal sealed partial class Table<TKey, TStored>
{
    /// <summary>Goes through the entries of a captured root, or of one that its user keeps from being written.</summary>
    internal struct Cursor(Root root)
    {
        private readonly Root _root = root;
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
                _page = _page?.Overflow;
                if (_page is null)
                {
                    if (_link >= _root.Links)
                    {
                        return false;
                    }

                    _page = _root.PageAt(_link);
                    _link += 1 << (_root.Depth - _page.Depth); // Past all the links where it stands.
                }

                _group = 0;
            }

            _live = _page.LiveSlots(_group++);
            return true;
        }
    }
}
