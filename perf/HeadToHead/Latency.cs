using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Caching.Memory;

namespace HeadToHead;

/// <summary>How long a cache keeps its readers waiting, one read at a time, while another thread sets entries under the same keys as fast as it can.</summary>
/// <remarks>
/// The caches take turns in one process. A time is that between two looks at the counter, one before and one after the read: what the looks themselves take is measured in turns with the caches, as
/// reads of nothing, and is in every line. Reads that a collection or the other processes of the machine delay are among the slowest; the caches are equally exposed to that.
/// </remarks>
internal static class Latency
{
    private const double Most = 1.1;
    private const int Rounds = 40;
    private const int WarmUpRounds = 4;
    private const int SetsAtOnce = 100;
    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(100);

    /// <summary>Prints a line for each cache.</summary>
    /// <returns>Whether 99 % of the reads of ours are within what 99 % of Microsoft's are within, and a tenth more.</returns>
    public static bool Print()
    {
        using var ours = new ReadsBesideSets<OurCache>();
        using var microsofts = new ReadsBesideSets<MicrosoftsCache>();
        using var nothing = new ReadsBesideSets<MicrosoftsCache> { ReadsNothing = true };
        for (int round = 0; round < WarmUpRounds + Rounds; round++)
        {
            foreach (IReads reads in (ReadOnlySpan<IReads>)(round % 2 == 0 ? [ours, microsofts, nothing] : [nothing, microsofts, ours]))
            {
                reads.Run(s_round, isCounted: round >= WarmUpRounds);
            }
        }

        Print("nothing", nothing.Times, nothing.Sets);
        Print("MemoryCache", microsofts.Times, microsofts.Sets);
        Print("ours", ours.Times, ours.Sets);
        return ours.Times.Quantile(0.99) <= Most * microsofts.Times.Quantile(0.99);
    }

    private static void Print(string name, Histogram times, long sets) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"one read of {times.Count:N0} beside {sets:N0} sets: {name} 50 % within {times.Quantile(0.5)} ns, 99 % {times.Quantile(0.99)} ns, 99.9 % {times.Quantile(0.999)} ns, 99.99 % {times.Quantile(0.9999)} ns, longest {times.Longest / 1000.0:N1} us"));

    private interface IReads
    {
        void Run(TimeSpan time, bool isCounted);
    }

    private sealed class ReadsBesideSets<TMaker> : IReads, IDisposable
        where TMaker : struct, ICacheMaker
    {
        private readonly IMemoryCache _cache = TMaker.Create();
        private readonly string[] _keys = [.. Enumerable.Range(0, 1_000).Select(static i => $"user:{i}:profile")];
        private readonly ManualResetEventSlim _mayWrite = new(false);
        private readonly BusyThread _writer;
        private long _sets;

        public ReadsBesideSets()
        {
            Array.ForEach(_keys, key => _cache.Set(key, key, TimeSpan.FromDays(1)));
            int next = 0;
            _writer = new BusyThread(() =>
            {
                _mayWrite.Wait();
                for (int i = 0; i < SetsAtOnce; i++)
                {
                    _cache.Set(_keys[next], _keys[next], TimeSpan.FromDays(1));
                    next = (next + 7) % _keys.Length;
                }

                Interlocked.Add(ref _sets, SetsAtOnce);
            });
        }

        public Histogram Times { get; } = new();

        /// <summary>How many entries have been set, those of the warm-up included.</summary>
        public long Sets => Interlocked.Read(ref _sets);

        public bool ReadsNothing { get; init; }

        public void Run(TimeSpan time, bool isCounted)
        {
            _mayWrite.Set();
            long end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
            long now = Stopwatch.GetTimestamp();
            for (int i = 0; now < end; i = (i + 1) % _keys.Length)
            {
                long start = Stopwatch.GetTimestamp();
                if (!ReadsNothing && !_cache.TryGetValue(_keys[i], out _))
                {
                    throw new InvalidOperationException("A key that is always there is missing.");
                }

                now = Stopwatch.GetTimestamp();
                if (isCounted)
                {
                    Times.Add(now - start);
                }
            }

            _mayWrite.Reset();
        }

        public void Dispose()
        {
            _mayWrite.Set();
            _writer.Dispose();
            _mayWrite.Dispose();
            _cache.Dispose();
        }
    }

    /// <summary>Times by nanoseconds.</summary>
    private sealed class Histogram
    {
        private readonly long[] _counts = new long[1_000_000]; // A millisecond and more is one.

        public long Count { get; private set; }

        public double Longest { get; private set; }

        public void Add(long ticks)
        {
            double nanoseconds = ticks * 1e9 / Stopwatch.Frequency;
            _counts[(int)Math.Min(nanoseconds, _counts.Length - 1)]++;
            Count++;
            Longest = Math.Max(Longest, nanoseconds);
        }

        /// <summary>The least number of nanoseconds within which that part of the times are.</summary>
        public int Quantile(double part)
        {
            long rest = (long)Math.Ceiling(part * Count);
            int nanoseconds = 0;
            while ((rest -= _counts[nanoseconds]) > 0)
            {
                nanoseconds++;
            }

            return nanoseconds;
        }
    }
}
