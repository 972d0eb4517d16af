using System.Runtime.CompilerServices;

namespace SwmrKit;

/// <summary>
/// Keeps a snapshot from falling into the middle of a write, and numbers the generations that snapshots divide a table's life into:
/// what carries the current generation's stamp no snapshot has seen, and may be written in place.
/// </summary>
/// <remarks>
/// <para>One word holds the generation, whether somebody is inside, and whether the table has been captured since the last write. So
/// entering checks the generation in the same instruction: <see cref="TryEnter"/> fails when a snapshot has come since the writer
/// looked, and the writer looks again.</para>
/// <para><b>At most once a write.</b> A capture ends the generation only when something has been written since the last one. While one
/// writer tries, no other writes (the writer's lock): the generation can end once, and not again before that writer is done.</para>
/// <para>Inside are some stores and nothing else: no user code, no allocation, no other lock. Whoever finds it entered spins.</para>
/// </remarks>
internal struct SnapshotGate
{
    private const long Entered = 1;
    private const long Captured = 2;
    private const int GenerationShift = 2;

    private SharedInt64 _word;

    /// <summary>The current generation, from 0.</summary>
    public long Generation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _word.Read() >> GenerationShift;
    }

    /// <summary>Enters as a writer, unless a snapshot has ended the generation.</summary>
    /// <param name="generation">The generation whose stamp the writer has seen.</param>
    /// <returns>Whether the gate was entered; if not, the generation is another.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnter(long generation)
    {
        long word = _word.Read();
        return (word >> GenerationShift == generation && (word & Entered) == 0 && _word.CompareExchange(word | Entered, word) == word)
            || TryEnterWaiting(generation);
    }

    /// <summary>Enters as a writer, whatever the generation.</summary>
    /// <returns>The generation, for <see cref="Exit"/>.</returns>
    public long Enter()
    {
        long generation;
        do
        {
            generation = Generation;
        }
        while (!TryEnter(generation));
        return generation;
    }

    /// <summary>Leaves as a writer: what was captured before is no longer all there is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(long generation) => _word.Write(generation << GenerationShift);

    /// <summary>Enters to capture the table.</summary>
    /// <returns>What to leave with.</returns>
    public long EnterToCapture()
    {
        var spinner = new Spinner();
        while (true)
        {
            long word = _word.Read();
            if ((word & Entered) == 0 && _word.CompareExchange(word | Entered, word) == word)
            {
                return word;
            }

            Wait(ref spinner);
        }
    }

    /// <summary>Leaves after a capture: the generation ends, unless nothing has been written in it.</summary>
    /// <param name="entered">What <see cref="EnterToCapture"/> returned.</param>
    public void ExitCaptured(long entered) =>
        _word.Write((entered & Captured) != 0 ? entered : (((entered >> GenerationShift) + 1) << GenerationShift) | Captured);

    private bool TryEnterWaiting(long generation)
    {
        var spinner = new Spinner();
        while (true)
        {
            long word = _word.Read();
            if (word >> GenerationShift != generation)
            {
                return false;
            }

            if ((word & Entered) == 0 && _word.CompareExchange(word | Entered, word) == word)
            {
                return true;
            }

            Wait(ref spinner);
        }
    }

    /// <summary>An interrupt is kept for the thread's next wait elsewhere: what is to be made visible here may be the end of something done already.</summary>
    private static void Wait(ref Spinner spinner)
    {
        try
        {
            spinner.Spin();
        }
        catch (ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
