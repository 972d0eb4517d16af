using System.Numerics;

namespace SwmrKit.Testing;

/// <summary>An immutable set of operations, by their places in the history: a bit each.</summary>
internal readonly struct OperationSet : IEquatable<OperationSet>
{
    private const int WordBits = 64;

    private readonly ulong[] _words;

    private OperationSet(ulong[] words) => _words = words;

    /// <summary>The lowest place that is not in the set.</summary>
    public int FirstMissing
    {
        get
        {
            int word = 0;
            while (word < _words.Length && _words[word] == ulong.MaxValue)
            {
                word++;
            }

            return (word * WordBits) + (word < _words.Length ? BitOperations.TrailingZeroCount(~_words[word]) : 0);
        }
    }

    public static OperationSet Empty(int capacity) => new(new ulong[(capacity + WordBits - 1) / WordBits]);

    public bool Contains(int place) => (_words[place / WordBits] & (1UL << (place % WordBits))) != 0;

    public OperationSet With(int place)
    {
        ulong[] words = [.. _words];
        words[place / WordBits] |= 1UL << (place % WordBits);
        return new OperationSet(words);
    }

    public bool Equals(OperationSet other) => _words.AsSpan().SequenceEqual(other._words);

    public override bool Equals(object? obj) => obj is OperationSet other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (ulong word in _words)
        {
            hash.Add(word);
        }

        return hash.ToHashCode();
    }
}
