using System.Runtime.CompilerServices;
using SwmrKit.Memory;

namespace SwmrKit.Tests;

/// <summary>One small method for each way to read, run until the JIT has compiled it for good: their machine code is what the parent looks at.</summary>
internal static class ReadPaths
{
    private static readonly RetirementDomain s_domain = new();
    private static readonly SwmrCell<string> s_cell = new("value", s_domain);
    private static readonly CopyOnWriteDictionary<int, int> s_integers = [new(1, 1), new(2, 2)];
    private static readonly CopyOnWriteDictionary<string, string> s_texts = [new("one", "1"), new("two", "2")];
    private static readonly OwningDictionary<int, string> s_owned = new(s_domain);
    private static readonly SeqLockCell<(long, long, long, long)> s_words = new((1, 2, 3, 4));
    private static readonly ReaderBiasedLock s_lock = new();
    private static readonly LeftRight<List<int>> s_leftRight = new([1], static list => [.. list]);
    private static SharedReference<string> s_shared = new("value");
    private static SharedInt64 s_slot;
    private static SharedInt64 s_data = new(1);

    public static string RunUntilOptimised()
    {
        using ReaderHandle handle = s_domain.Register();
        using ReaderHandle lockHandle = s_lock.Register();
        using ReaderHandle leftRightHandle = s_leftRight.Register();
        s_owned.Set(1, "value");
        long sum = 0;
        for (int tier = 0; tier < 8; tier++)
        {
            for (int i = 0; i < 100; i++)
            {
                sum += LightPath() + AnnouncePath() + FullFencePath() + GuardPath(handle) + CellPath(handle) + ImplicitPath()
                    + CellUnderGuardPath(handle) + ImplicitGuardPath() + IntegerLookUpPath(1) + TextLookUpPath("one")
                    + OwnedPath(handle, 1) + SeqLockPath()
                    + LockPath(lockHandle) + ImplicitLockPath() + LeftRightPath(leftRightHandle);
                ReadGuard guard = handle.Enter();
                sum += RefreshPath(ref guard);
                guard.Dispose();
            }

            Thread.Sleep(250); // The JIT recompiles after a while of quiet.
        }

        return sum.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long LightPath()
    {
        s_slot.WriteRelaxed(1);
        AsymmetricBarrier.Light();
        return s_data.ReadRelaxed();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long AnnouncePath()
    {
        s_slot.Announce(1);
        return s_data.Read();
    }

    /// <summary>The control: what a fence would look like.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long FullFencePath()
    {
        s_slot.WriteRelaxed(1);
        Interlocked.MemoryBarrier();
        return s_data.ReadRelaxed();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int GuardPath(ReaderHandle handle)
    {
        using ReadGuard guard = handle.Enter();
        return guard.Protect(ref s_shared)!.Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int CellPath(ReaderHandle handle)
    {
        using CellRead<string> read = s_cell.Read(handle);
        return read.Value.Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ImplicitPath()
    {
        using CellRead<string> read = s_cell.Read();
        return read.Value.Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int CellUnderGuardPath(ReaderHandle handle)
    {
        using ReadGuard guard = handle.Enter();
        return guard.Read(s_cell).Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ImplicitGuardPath()
    {
        using ReadGuard guard = s_domain.Enter();
        return guard.Protect(ref s_shared)!.Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int IntegerLookUpPath(int key) => s_integers.TryGetValue(key, out int value) ? value : 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int TextLookUpPath(string key) => s_texts.TryGetValue(key, out string? value) ? value.Length : 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int OwnedPath(ReaderHandle handle, int key)
    {
        using DictionaryRead<int, string> read = s_owned.Read(handle);
        return read.TryGetValue(key, out string? value) ? value.Length : 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long SeqLockPath()
    {
        (long a, long b, long c, long d) = s_words.Read();
        return a + b + c + d;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long LockPath(ReaderHandle handle)
    {
        using LockRead read = s_lock.EnterRead(handle);
        return s_data.ReadRelaxed();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ImplicitLockPath()
    {
        using LockRead read = s_lock.EnterRead();
        return s_data.ReadRelaxed();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int LeftRightPath(ReaderHandle handle)
    {
        using LeftRightRead<List<int>> read = s_leftRight.Read(handle);
        return read.Value.Count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int RefreshPath(ref ReadGuard guard)
    {
        guard.Refresh();
        return guard.Protect(ref s_shared)!.Length;
    }
}
