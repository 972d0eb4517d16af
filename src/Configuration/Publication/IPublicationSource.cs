namespace SwmrKit;

/// <summary>Where the values of a <see cref="Publication{T}"/> come from.</summary>
internal interface IPublicationSource<T>
    where T : class
{
    /// <summary>Makes a value, whole and found valid; throws if there is none. The publication's lock is held.</summary>
    T Build(string name);

    /// <summary>Whether a value says the same as the one in force: then it is no change.</summary>
    bool AreSame(T inForce, T candidate);
}
