namespace SwmrKit;

/// <summary>Where a lease finds what it is to hold, and looks for it again. Structs implement it too, so that looking allocates nothing.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
internal interface ILiveRoot<T>
    where T : class
{
    /// <summary>What is published there now, or null: found anew by each call, the whole way from the word that writers change (O7). A part of the way that was gone before may have been detached since.</summary>
    Published<T>? Current { get; }
}
