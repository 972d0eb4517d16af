namespace HeadToHead;

/// <summary>What a contender's operation took in each round.</summary>
/// <param name="Nanoseconds">Its time, on the slowest of the threads that ran it at once.</param>
/// <param name="Bytes">What it allocated on its own thread.</param>
internal sealed record Series(double[] Nanoseconds, double[] Bytes);
