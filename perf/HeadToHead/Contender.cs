namespace HeadToHead;

/// <summary>One way to do a row's job: a loop around the operation, so that nothing but the operation is timed.</summary>
internal abstract class Contender(string name) : IDisposable
{
    private static long s_sink;

    public string Name { get; init; } = name;

    /// <summary>On how many of the row's threads it runs: on all, unless this says fewer.</summary>
    public int MostThreads { get; init; } = int.MaxValue;

    /// <summary>Called once on each measuring thread before its first run.</summary>
    public virtual void Enlist()
    {
    }

    /// <summary>Called before the threads begin to run, and after they have ended, untimed: for what is to go on meanwhile.</summary>
    public virtual void Before()
    {
    }

    public virtual void After()
    {
    }

    /// <summary>Does the operation that many times on the calling thread.</summary>
    public abstract void Run(int iterations);

    public virtual void Dispose()
    {
    }

    /// <summary>Uses a result, so that computing it is not optimised away.</summary>
    protected static void Consume(long value) => Volatile.Write(ref s_sink, value);
}
