namespace SuffixLookup;

/// <summary>The calling thread's way to read.</summary>
internal interface IContestantReader : IDisposable
{
    /// <summary>Uses of something already disposed, and answers that contradict the rules.</summary>
    long Violations { get; }

    /// <summary>Looks up each host once.</summary>
    /// <returns>The sum of the positions found, so that the work is not optimised away.</returns>
    long LookUp(ReadOnlySpan<string> hosts);
}
