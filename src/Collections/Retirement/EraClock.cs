using System.Runtime.InteropServices;

namespace SwmrKit;

/// <summary>
/// The era: a 64-bit counter that says what was alive when. Readers load it on every entry; writers advance it seldom.
/// </summary>
/// <remarks>
/// <para><b>Tags and advances under one lock (O2).</b> A retire tag is the era read under <see cref="Gate"/>, and every advance
/// holds <see cref="Gate"/>. So whoever sees an era greater than a tag sees the advance, hence the release of the lock by the
/// tagger before it, hence the unlink that preceded the tag: a reader entering at a greater era cannot find the object.</para>
/// <para>Never 0, which in a slot means inactive (O6); at a billion advances a second it lasts 292 years.</para>
/// </remarks>
internal sealed class EraClock
{
    /// <summary>Guards tags, advances and the list of what was retired: held for a few instructions, never across a callback.</summary>
    public readonly ExclusiveLock Gate = new();

    private PaddedWord _word = new(1);

    /// <summary>The current era, with acquire (O3): what was unlinked before the era was advanced to this value is seen as unlinked.</summary>
    public long Now => _word.Era.Read();

    /// <summary>The tag of something unlinked earlier by the calling thread (O2). The caller holds <see cref="Gate"/>.</summary>
    public long TagUnderGate() => _word.Era.ReadRelaxed();

    /// <summary>Advances the era (O3: after the unlinks, before <c>Heavy</c>). The caller holds <see cref="Gate"/>.</summary>
    /// <returns>The new era.</returns>
    public long AdvanceUnderGate()
    {
        long next = _word.Era.ReadRelaxed() + 1;
        _word.Era.Write(next);
        return next;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PaddedWord(long era)
    {
        private readonly CacheLinePadding _before;
        public SharedInt64 Era = new(era);
        private readonly CacheLinePadding _after;
    }
}
