using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// The one bit <see cref="AsymmetricBarrier.Light"/> looks at, kept where each compilation mode reads it cheapest.
/// </summary>
/// <remarks>
/// Under the JIT it is a <c>static readonly</c> field, which Tier-1 code folds to a constant. NativeAOT never folds one, so
/// there it is a plain static byte of a class without a static constructor: one compare. <see cref="RuntimeFeature.IsDynamicCodeCompiled"/>
/// is itself a constant in both. A stale or undecided value means "fence", and full -> light is the sound direction:
/// a reader that fences needlessly is correct under every tier.
/// </remarks>
internal static class LightStrategy
{
    internal static bool IsFree
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RuntimeFeature.IsDynamicCodeCompiled ? Folded.IsFree : Published.IsFree != 0;
    }

    /// <summary>
    /// Completes detection for code that is compiled from here on. Code compiled once and for all (TieredCompilation=0) folds the
    /// strategy only if it has been decided by then.
    /// </summary>
    internal static void Settle()
    {
        if (RuntimeFeature.IsDynamicCodeCompiled)
        {
            RuntimeHelpers.RunClassConstructor(typeof(Folded).TypeHandle);
        }
    }

    /// <summary>For the JIT. Its initialiser runs detection, which records errors and never throws.</summary>
    private static class Folded
    {
        internal static readonly bool IsFree = Decide();

        private static bool Decide()
        {
            try
            {
                return ProcessBarrier.Strategy.LightIsFree;
            }
#pragma warning disable CA1031 // An exception here would meet every reader for ever; a fence is always sound.
            catch (Exception)
#pragma warning restore CA1031
            {
                return false;
            }
        }
    }

    /// <summary>For NativeAOT. Zero until <see cref="ProcessBarrier"/> has finished detection.</summary>
    internal static class Published
    {
        internal static byte IsFree;
    }
}
