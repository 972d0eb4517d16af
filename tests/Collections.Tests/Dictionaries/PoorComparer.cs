namespace SwmrKit.Tests;

/// <summary>Equality as it should be under hash codes as they should not.</summary>
internal sealed class PoorComparer<T>(Func<T, int> hash) : IEqualityComparer<T>
{
    public bool Equals(T? x, T? y) => EqualityComparer<T>.Default.Equals(x, y);

    public int GetHashCode(T obj) => hash(obj);
}

/// <summary>Thrown by tests, caught by tests.</summary>
internal sealed class DeliberateException : Exception
{
    public DeliberateException()
    {
    }

    public DeliberateException(string message)
        : base(message)
    {
    }

    public DeliberateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
