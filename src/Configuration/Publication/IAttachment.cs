namespace SwmrKit;

/// <summary>Something built from each value of a <see cref="Publication{T}"/> and put in force together with it.</summary>
internal interface IAttachment<T>
    where T : class
{
    /// <summary>Whether it must be built again although the value has not changed.</summary>
    bool IsStale { get; }

    /// <summary>Builds it from a value that is not yet in force; if it throws, the value will not be.</summary>
    IStaged Stage(T value);
}

/// <summary>What has been built and waits to be put in force. One of the two is called, once; neither throws.</summary>
internal interface IStaged
{
    void Publish();

    void Discard();
}
