namespace HeadToHead;

/// <summary>One way to do a row's job: a loop around the operation, so that nothing but the operation is timed.</summary>
internal abstract class Contender(string name) : IDisposable
{
    private static long s_sink;

    public string Name { get; } = name;

    /// <summary>Called once on each measuring thread before its first run.</summary>
    public virtual void Enlist()
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
