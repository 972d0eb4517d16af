using System.Diagnostics;

namespace HeadToHead;

/// <summary>Times the contenders of a row in turns, so that whatever disturbs the machine disturbs them alike.</summary>
internal sealed class Measurement : IDisposable
{
    public const int LeastRounds = 21;

    private readonly Contender[] _contenders;
    private readonly int[] _iterations;
    private readonly Worker[] _workers;

    /// <param name="row">What to measure.</param>
    /// <param name="slice">How long one contender runs in one round.</param>
    public Measurement(Row row, TimeSpan slice)
    {
        _contenders = row.Create();
        _workers = [.. Enumerable.Range(0, row.Threads).Select(_ => new Worker(_contenders))];
        WarmUp();
        _iterations = [.. _contenders.Select((_, i) => Calibrate(i, slice))];
    }

    public IReadOnlyList<Contender> Contenders => _contenders;

    /// <summary>Runs the rounds.</summary>
    /// <returns>What each contender took.</returns>
    public Series[] Run(int rounds)
    {
        Series[] series = [.. _contenders.Select(_ => new Series(new double[rounds], new double[rounds]))];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < _contenders.Length; i++)
            {
                // Each round begins with another contender: none is always the one after a certain other.
                int contender = (i + round) % _contenders.Length;
                (series[contender].Nanoseconds[round], series[contender].Bytes[round]) = Time(contender, _iterations[contender]);
            }
        }

        return series;
    }

    public void Dispose()
    {
        foreach (Worker worker in _workers)
        {
            worker.Dispose();
        }

        foreach (Contender contender in _contenders)
        {
            contender.Dispose();
        }
    }

    /// <summary>Until the code is compiled at its final tier: after 30 calls, twice (once to be profiled), each time after 100 ms of quiet.</summary>
    private void WarmUp()
    {
        for (int tier = 0; tier < 3; tier++)
        {
            for (int i = 0; i < 40; i++)
            {
                for (int contender = 0; contender < _contenders.Length; contender++)
                {
                    Time(contender, 64);
                }
            }

            Thread.Sleep(150);
        }
    }

    /// <summary>Finds how many iterations fill the slice.</summary>
    private int Calibrate(int contender, TimeSpan slice)
    {
        const int calls = 64;
        int iterations = 16;
        for (int i = 0; i < calls; i++)
        {
            double nanoseconds = Math.Max(0.1, Time(contender, iterations).Nanoseconds);
            iterations = (int)Math.Clamp(slice.TotalNanoseconds / nanoseconds, 16, Math.Min(iterations * 4.0, 100_000_000));
            if (i >= calls / 2 && iterations * nanoseconds > slice.TotalNanoseconds / 2)
            {
                break;
            }
        }

        return iterations;
    }

    /// <summary>An operation's time on the slowest thread, and what it allocated on average.</summary>
    private (double Nanoseconds, double Bytes) Time(int contender, int iterations)
    {
        Span<Worker> workers = _workers.AsSpan(0, Math.Min(_workers.Length, _contenders[contender].MostThreads));
        using var start = new Barrier(workers.Length);
        _contenders[contender].Before();
        foreach (Worker worker in workers)
        {
            worker.Begin(contender, iterations, start);
        }

        double nanoseconds = 0;
        double bytes = 0;
        foreach (Worker worker in workers)
        {
            worker.End();
            nanoseconds = Math.Max(nanoseconds, worker.Nanoseconds);
            bytes += worker.Bytes;
        }

        _contenders[contender].After();
        return (nanoseconds / iterations, bytes / ((double)iterations * workers.Length));
    }

    /// <summary>One measuring thread; it stays the same for the whole row, as a reader's would.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly Contender[] _contenders;
        private readonly SemaphoreSlim _begin = new(0);
        private readonly SemaphoreSlim _end = new(0);
        private readonly Thread _thread;
        private int _contender;
        private int _iterations;
        private Barrier? _start;
        private Exception? _failure;

        public double Nanoseconds { get; private set; }

        public long Bytes { get; private set; }

        public Worker(Contender[] contenders)
        {
            _contenders = contenders;
            _thread = new Thread(Loop) { IsBackground = true, Name = "measuring" };
            _thread.Start();
        }

        public void Begin(int contender, int iterations, Barrier start)
        {
            (_contender, _iterations, _start) = (contender, iterations, start);
            _begin.Release();
        }

        public void End()
        {
            _end.Wait();
            if (_failure is not null)
            {
                throw new InvalidOperationException(_failure.Message, _failure);
            }
        }

        public void Dispose()
        {
            _iterations = 0;
            _begin.Release();
            _thread.Join();
            _begin.Dispose();
            _end.Dispose();
        }

        private void Loop()
        {
            var enlisted = new bool[_contenders.Length];
            while (true)
            {
                _begin.Wait();
                if (_iterations == 0)
                {
                    return;
                }

                try
                {
                    Contender contender = _contenders[_contender];
                    if (!enlisted[_contender])
                    {
                        enlisted[_contender] = true;
                        try
                        {
                            contender.Enlist();
                        }
                        catch
                        {
                            _start!.RemoveParticipant(); // The others must not wait for a thread that will not come.
                            throw;
                        }
                    }

                    _start!.SignalAndWait();
                    long allocated = GC.GetAllocatedBytesForCurrentThread();
                    long start = Stopwatch.GetTimestamp();
                    contender.Run(_iterations);
                    Nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
                    Bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
                }
#pragma warning disable CA1031 // Rethrown by End on the controlling thread.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    _failure = exception;
                }

                _end.Release();
            }
        }
    }
}
