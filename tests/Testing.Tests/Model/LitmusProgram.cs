using SwmrKit.Testing;
using SwmrKit.Testing.Memory;

namespace SwmrKit.Tests;

/// <summary>How the accesses of a litmus program are ordered.</summary>
public enum Ordered
{
    Relaxed,
    ReleaseAcquire,

    /// <summary>Relaxed, with a full fence between the accesses of each thread.</summary>
    FullFences,

    /// <summary>Relaxed, with a light barrier between the accesses of each thread.</summary>
    Light,

    /// <summary>The first thread with a heavy barrier, the others with light ones.</summary>
    HeavyAndLight,

    /// <summary>The first thread with a full fence, the others with light barriers: what must not be enough.</summary>
    FullAndLight,
}

/// <summary>
/// A litmus program in a line: threads separated by <c>||</c>; <c>x=1</c> stores, <c>r0=x</c> loads, <c>F</c> is where the fences go. Words are
/// x, y, z; registers r0 to r3; all are 0 at first.
/// </summary>
internal static class LitmusProgram
{
    private const string Words = "xyz";

    /// <summary>Every outcome there is: registers, then the words in the end, as <c>r0=0 r1=1 x=1 y=1</c>.</summary>
    public static IReadOnlySet<string> Outcomes(string program, Ordered ordered, ModelMemory memory, int? bound = null)
    {
        string[][] threads = [.. program.Split("||").Select(static thread => thread.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        return ModelChecker.Outcomes(() => Run(threads, ordered), new ModelOptions { Memory = memory, PreemptionBound = bound });
    }

    private static string Run(string[][] threads, Ordered ordered)
    {
        var words = new SharedInt64[Words.Length];
        var registers = new long[4];
        ModelThread[] running = [.. threads.Select((steps, i) => ModelThread.Start($"T{i}", () => RunThread(i, steps, ordered, words, registers)))];
        foreach (ModelThread thread in running)
        {
            thread.Join();
        }

        IEnumerable<string> used = threads.SelectMany(static steps => steps).SelectMany(static step => step.Split('=')).Distinct().Where(static part => Words.Contains(part, StringComparison.Ordinal)).Order();
        int read = threads.SelectMany(static steps => steps).Count(static step => step[0] == 'r');
        return string.Join(' ', Enumerable.Range(0, read).Select(r => $"r{r}={registers[r]}").Concat(used.Select(word => $"{word}={words[Words.IndexOf(word, StringComparison.Ordinal)].ReadRelaxed()}")));
    }

    private static void RunThread(int index, string[] steps, Ordered ordered, SharedInt64[] words, long[] registers)
    {
        foreach (string step in steps)
        {
            if (step == "F")
            {
                RunFence(index, ordered);
                continue;
            }

            bool isLoad = step[0] == 'r';
            ref SharedInt64 word = ref words[Words.IndexOf(step[isLoad ? ^1 : 0], StringComparison.Ordinal)];
            switch (isLoad, ordered)
            {
                case (true, Ordered.ReleaseAcquire):
                    registers[step[1] - '0'] = word.Read();
                    break;
                case (true, _):
                    registers[step[1] - '0'] = word.ReadRelaxed();
                    break;
                case (false, Ordered.ReleaseAcquire):
                    word.Write(step[^1] - '0');
                    break;
                default:
                    word.WriteRelaxed(step[^1] - '0');
                    break;
            }
        }
    }

    private static void RunFence(int index, Ordered ordered)
    {
        switch (ordered)
        {
            case Ordered.FullFences:
            case Ordered.FullAndLight when index == 0:
                Fence.Full();
                break;
            case Ordered.HeavyAndLight when index == 0:
                AsymmetricBarrier.Heavy();
                break;
            case Ordered.Light or Ordered.HeavyAndLight or Ordered.FullAndLight:
                AsymmetricBarrier.Light();
                break;
            default:
                break;
        }
    }
}
