using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>
/// An object that must act when nobody knows it any more: a finalizer behind the seam of the shared words, so that a model
/// checker decides when the garbage collector comes.
/// </summary>
/// <remarks>
/// The collector may come as soon as the running code no longer uses the object, even inside one of its own methods: what must
/// not happen before a certain point is followed by <see cref="KeepAlive"/>.
/// </remarks>
public abstract class FinalizedObject
{
    /// <summary>Tells the object that it has been collected.</summary>
    ~FinalizedObject() => OnCollected();

    /// <summary>The object is in use at least until here: it is not collected before. No instruction.</summary>
    /// <param name="used">The object.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KeepAlive(FinalizedObject? used) => GC.KeepAlive(used);

    /// <summary>Called once, on the finalizer's thread, after the last use of the object. It must not throw.</summary>
    protected abstract void OnCollected();

    /// <summary>From now on collecting the object needs no action.</summary>
#pragma warning disable CA1816 // This is what Dispose calls.
    protected void NeedsNoCollecting() => GC.SuppressFinalize(this);
#pragma warning restore CA1816
}
