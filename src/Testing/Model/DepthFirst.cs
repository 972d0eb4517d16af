using System.Numerics;
using System.Runtime.InteropServices;

namespace SwmrKit.Testing;

/// <summary>
/// Tries decisions depth first: each execution repeats the last one up to its last decision that has another outcome to be tried.
/// </summary>
/// <remarks>
/// Of a memory's decisions every outcome is tried. Of the threads' either every one, or only those that <see cref="Races"/> has asked for,
/// and the first: that is for the execution to say.
/// </remarks>
internal sealed class DepthFirst : Strategy
{
    private readonly List<Node> _path = [];
    private readonly Dictionary<Fingerprint, int> _visited = []; // With the fewest interruptions before.
    private int _depth;

    /// <summary>The most decisions of an execution so far.</summary>
    public int Deepest { get; private set; }

    public override bool DecidesAt(bool isShared) => isShared;

    public override bool HasBeenAt(Fingerprint state, int preemptions)
    {
        if (_depth < _path.Count)
        {
            return false;
        }

        ref int fewest = ref CollectionsMarshal.GetValueRefOrAddDefault(_visited, state, out bool wasVisited);
        if (wasVisited && fewest <= preemptions)
        {
            return true;
        }

        fewest = preemptions;
        return false;
    }

    public override int PickThread(IReadOnlyList<ModelThread> candidates)
    {
        LastDecision = -1;
        TriedBefore = 0;
        if (candidates.Count == 1)
        {
            return 0;
        }

        int mask = 0;
        foreach (ModelThread candidate in candidates)
        {
            mask |= 1 << candidate.Id;
        }

        if (_depth == _path.Count)
        {
            int first = 1 << candidates[0].Id;
            Add(new Node { Candidates = mask, Pick = candidates[0].Id, Wanted = OnlyWhereAsked ? first : mask, Tried = first });
        }

        Node node = _path[_depth];
        Require(node.Candidates == mask);
        LastDecision = _depth++;
        TriedBefore = node.Tried & ~(1 << node.Pick);
        for (int i = 0; i < candidates.Count; i++)
        {
            if (candidates[i].Id == node.Pick)
            {
                return i;
            }
        }

        throw new InvalidOperationException("A decision lost its thread.");
    }

    public override int Pick(int alternatives)
    {
        if (_depth == _path.Count)
        {
            Add(new Node { Alternatives = alternatives });
        }

        Require(_path[_depth].Alternatives == alternatives);
        return _path[_depth++].Pick;
    }

    public override void Ask(int decision, int threads) => _path[decision].Wanted |= threads & _path[decision].Candidates;

    public override int CandidatesAt(int decision) => _path[decision].Candidates;

    /// <summary>Begins the last execution anew, with the same decisions.</summary>
    public void Repeat() => _depth = 0;

    /// <summary>Moves to the next execution.</summary>
    /// <returns>False when there is none.</returns>
    public bool MoveNext()
    {
        for (; _path.Count > 0; _path.RemoveAt(_path.Count - 1))
        {
            if (_path[^1].MoveNext())
            {
                _depth = 0;
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets everything: there are more decisions than was known.</summary>
    public void Restart()
    {
        _path.Clear();
        _visited.Clear();
        _depth = 0;
    }

    private static void Require(bool isTheSame)
    {
        if (!isTheSame)
        {
            throw new InvalidOperationException(
                "The scenario is not deterministic: repeated with the same decisions it went another way. It must not depend on time, randomness, "
                + "hash codes of objects, real threads, or state left from an execution before.");
        }
    }

    private void Add(Node node)
    {
        _path.Add(node);
        Deepest = Math.Max(Deepest, _path.Count);
    }

    /// <summary>One decision: between numbered outcomes, or between threads as bits.</summary>
    private sealed class Node
    {
        public int Alternatives { get; init; }

        public int Candidates { get; init; }

        public int Pick { get; set; }

        public int Wanted { get; set; }

        public int Tried { get; set; }

        public bool MoveNext()
        {
            if (Candidates == 0)
            {
                return ++Pick < Alternatives;
            }

            int left = Wanted & ~Tried;
            if (left == 0)
            {
                return false;
            }

            Pick = BitOperations.TrailingZeroCount(left);
            Tried |= 1 << Pick;
            return true;
        }
    }
}
