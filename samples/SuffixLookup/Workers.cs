using System.Diagnostics;

namespace SuffixLookup;

/// <summary>Threads that work until they are told to stop.</summary>
internal static class Workers
{
    /// <summary>Runs all of them for a time.</summary>
    /// <returns>How long the readers ran.</returns>
    /// <exception cref="InvalidOperationException">One failed; it says why.</exception>
    public static TimeSpan Run(TimeSpan duration, IReadOnlyList<Action<CancellationToken>> readers, params ReadOnlySpan<Action<CancellationToken>> others)
    {
        using var stop = new CancellationTokenSource();
        Exception? failure = null;
        CancellationToken token = stop.Token;
        var reading = new Thread[readers.Count];
        for (int i = 0; i < reading.Length; i++)
        {
            Action<CancellationToken> work = readers[i];
            reading[i] = new Thread(() => Capture(work, token, ref failure)) { Name = $"reader {i}" };
        }

        var other = new Thread[others.Length];
        for (int i = 0; i < other.Length; i++)
        {
            Action<CancellationToken> work = others[i];
            other[i] = new Thread(() => Capture(work, token, ref failure)) { Name = work.Method.Name };
        }

        long start = Stopwatch.GetTimestamp();
        foreach (Thread thread in (Thread[])[.. reading, .. other])
        {
            thread.Start();
        }

        Thread.Sleep(duration);
        stop.Cancel();
        Join(reading);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        Join(other);
        return failure is null ? elapsed : throw new InvalidOperationException(failure.Message, failure);
    }

    private static void Join(Thread[] threads)
    {
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    private static void Capture(Action<CancellationToken> work, CancellationToken stop, ref Exception? failure)
    {
        try
        {
            work(stop);
        }
#pragma warning disable CA1031 // Reported by the thread that waits for this one.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref failure, exception, null);
        }
    }
}
