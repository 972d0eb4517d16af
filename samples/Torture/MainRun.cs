using System.Diagnostics;
using SwmrKit;
using SwmrKit.Tests;

namespace Torture;

/// <summary>
/// One lasting domain that everything happens to at once, beside domains that come and go. At the end everybody leaves, everything is
/// taken down, and the books must balance.
/// </summary>
internal sealed class MainRun : IDisposable
{
    private const int Holders = 16;
    private const int Writers = 2;

    private static readonly TimeSpan s_longestJoin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_reportEvery = TimeSpan.FromSeconds(1);

    private readonly Arguments _arguments;
    private readonly Action<Standing> _progress;
    private readonly BlockQuarantine _blocks = new();
    private readonly Tally _tally = new();
    private readonly MemoryTrend _memory = new();
    private readonly Arena _arena;
    private readonly Churn _churn;
    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private RetirementStatistics? _whileReading;

    private MainRun(Arguments arguments, Action<Standing> progress)
    {
        _arguments = arguments;
        _progress = progress;
        _arena = new Arena(new RetirementOptions { Name = "torture" }, _blocks, _tally);
        _churn = new Churn(_blocks, _tally, seed: 1);
    }

    public static Standing Run(Arguments arguments, Action<Standing> progress)
    {
        using var run = new MainRun(arguments, progress);
        return run.Run();
    }

    public void Dispose()
    {
        if (_tally.Failures == 0) // Else somebody may still be reading; the process is about to end.
        {
            _blocks.Dispose();
        }

        _stop.Dispose();
    }

    private Standing Run()
    {
        using (Waiter waiter = new(_arena), asynchronous = new(_arena))
        {
            Thread[] threads =
            [
                .. Enumerable.Range(1, _arguments.Readers).Select(seed => Start($"reader {seed}", () => new Reader(_arena, seed).Run(_stop.Token))),
                .. Enumerable.Range(0, Writers).Select(number => Start($"writer {number}", () => Write(number))),
                Start("waiter", () => waiter.Run(_stop.Token)),
                Start("churn", () => _churn.Run(_stop.Token)),
            ];
            Task[] tasks =
            [
                Task.Run(() => asynchronous.RunAsync(_stop.Token)),
                .. Enumerable.Range(0, Holders).Select(seed => Task.Run(() => new LeaseHolder(_arena, seed).Run(_stop.Token))),
            ];
            Watch();
            _whileReading = _arena.Domain.Statistics;
            _stop.Cancel();
            if (!Array.TrueForAll(threads, static thread => thread.Join(s_longestJoin)) || !Task.WaitAll(tasks, s_longestJoin))
            {
                _tally.CountFailure(new TimeoutException("A thread or a task does not end."));
                return Now();
            }
        }

        _arena.Run(() => _arena.End(domainFirst: false));
        _arena.Settle();
        return Now() with { IsFinal = true };
    }

    /// <summary>Until the time is over, or something is wrong: then the sooner it is told the better.</summary>
    private void Watch()
    {
        TimeSpan nextReport = s_reportEvery;
        while (_elapsed.Elapsed.TotalSeconds < _arguments.Seconds && _tally.Violations == 0 && _tally.Failures == 0)
        {
            Thread.Sleep(s_lookEvery);
            if (_elapsed.Elapsed >= nextReport)
            {
                _memory.Add(Environment.WorkingSet);
                _progress(Now());
                nextReport += s_reportEvery;
            }
        }
    }

    private void Write(int number) => _arena.Run(() =>
    {
        var random = new Random(number);
        while (!_stop.IsCancellationRequested)
        {
            _arena.Write((uint)random.Next(), withRoot: number == 0);
        }
    });

    private static Thread Start(string name, ThreadStart work)
    {
        var thread = new Thread(work) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private Standing Now() => new()
    {
        Elapsed = _elapsed.Elapsed,
        Counts = Enum.GetValues<Deed>().ToDictionary(static deed => deed, deed => _tally[deed]),
        WhileReading = _whileReading ?? _arena.Domain.Statistics,
        Retirement = Churn.Sum(_arena.Domain.Statistics, _churn.Ended),
        Violations = _tally.Violations,
        Failures = _tally.Failures,
        FirstFailure = _tally.FirstFailure,
        Made = _tally.Made,
        Disposed = _blocks.Freed + _tally.DisposedTokens,
        DisposedAgain = _blocks.FreedAgain,
        Memory = _memory.Now,
        MemoryEarly = _memory.Early,
        MemoryLate = _memory.Late,
        MemoryHasGrown = _memory.HasGrown,
    };
}
