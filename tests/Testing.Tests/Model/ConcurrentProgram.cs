using System.Globalization;
using SwmrKit.Testing;
using SwmrKit.Testing.Memory;

namespace SwmrKit.Tests;

/// <summary>
/// A small concurrent program in a line, for comparing explorations of it. Threads are separated by <c>||</c>; the first is the main thread's part,
/// between the starts of the others and their joins. A thread that begins with <c>@</c> is a timer's callback, with <c>@@</c> one that can come twice, and
/// with <c>~</c> what is done when the object is collected, of which there is one.
/// </summary>
/// <remarks>
/// <para>Words are x, y, z; plain data p, q; all are 0 at first, and there is one lock. The steps:</para>
/// <para><c>x=1 x=1r x=1a</c> writes, relaxed, release, or as an announcement; <c>x xa</c> reads, relaxed or acquire; <c>x+1 x^2 x:01</c> adds,
/// exchanges, replaces 0 by 1; <c>L H F A R</c> light, heavy, full, acquire and release fence; <c>p=1 p</c> plain data.</para>
/// <para><c>( ) (? (!</c> take the lock, leave it, take it if it is free or else go on behind <c>)</c>, try to take it in a waiting loop;
/// <c>x!</c> waits until the word is not 0; <c>x?</c> and <c>p?</c> end the thread if the word is 0; <c>J1</c> joins thread 1; <c>S2</c> starts thread 2 or
/// arms that timer, which the main thread then does not do; <c>D2</c> disarms it; <c>G</c> abandons the object, <c>K</c> still uses it; <c>[</c> and
/// <c>]</c> record a call and its return.</para>
/// </remarks>
internal sealed class ConcurrentProgram
{
    private const string Words = "xyz";
    private const string Plain = "pq";

    private readonly string[][] _threads;

    public ConcurrentProgram(string text) =>
        _threads = [.. text.Split("||").Select(static thread => thread.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Every outcome there is: what each thread has read, the words in the end, and how it failed if it did.</summary>
    /// <remarks>A data race ends an execution before its end, so a program with one has no other outcome.</remarks>
    public IReadOnlySet<string> Outcomes(ModelOptions options)
    {
        Run? run = null;
        IReadOnlySet<string> outcomes = ModelChecker.Outcomes(
            () => (run = new Run(_threads)).Main(), options with { MaxSteps = 500 }, failure => $"{run}{failure}");
        return outcomes.Any(static outcome => outcome.Contains("Data race", StringComparison.Ordinal)) ? new HashSet<string> { "a data race" } : outcomes;
    }

    /// <summary>One execution of the program.</summary>
    private sealed class Run(string[][] threads)
    {
        private readonly SharedInt32[] _words = [default, default, new(0)];
        private readonly PlainData<int>[] _plain = [default, new(0)];
        private readonly ExclusiveLock _lock = new();
        private readonly List<int>[] _read = [.. threads.Select(static _ => new List<int>())];
        private readonly ModelThread?[] _running = new ModelThread?[threads.Length];

        private readonly ITimer?[] _timers = new ITimer?[threads.Length];
        private readonly History<int, int> _history = new();

        private Abandoned? _object;
        private string _inTheEnd = "";

        public override string ToString() => $"{string.Join(" | ", _read.Select(static read => string.Join(',', read)))}  {_inTheEnd}{OrderOfCalls()}";

        public void Main()
        {
            for (int i = 1; i < threads.Length; i++)
            {
                int thread = i;
                switch (threads[i])
                {
                    case ["~", ..]:
                        _object = new Abandoned(() => RunThread(thread));
                        break;
                    case ["@" or "@@", ..]:
                        _timers[i] = new ModelTime(Ticks(i)).CreateTimer(_ => RunThread(thread), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                        break;
                    default:
                        break;
                }
            }

            for (int i = 1; i < threads.Length; i++)
            {
                if (threads[i] is not ["~", ..] && !threads.Any(thread => thread.Contains($"S{i}")))
                {
                    Start(i);
                }
            }

            RunThread(0);
            for (int i = 1; i < threads.Length; i++)
            {
                _running[i]?.Join(); // One that another starts comes behind that one.
            }

            _inTheEnd = string.Join(' ', Words.Select((name, i) => $"{name}={_words[i].ReadRelaxed()}"));
        }

        private int Ticks(int thread) => threads[thread][0].Length;

        private void Start(int thread)
        {
            if (_timers[thread] is { } timer)
            {
                timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _running[thread] ??= ModelThread.Start($"T{thread}", () => RunThread(thread));
            }
        }

        private void RunThread(int thread)
        {
            string[] steps = threads[thread];
            for (int i = steps is ["@" or "@@" or "~", ..] ? 1 : 0; i < steps.Length; i++)
            {
                switch (steps[i])
                {
                    case "(?":
                        bool isTaken = _lock.TryEnter();
                        _read[thread].Add(isTaken ? 1 : 0);
                        while (!isTaken && i < steps.Length && steps[i] != ")")
                        {
                            i++;
                        }

                        break;
                    case "[":
                        _history.Invoke(thread, 0);
                        break;
                    case "]":
                        _history.Return(thread, 0);
                        break;
                    case [_, '?']:
                        if ((Plain.Contains(steps[i][0], StringComparison.Ordinal) ? _plain[Plain.IndexOf(steps[i][0], StringComparison.Ordinal)].Read() : Word(steps[i]).Read()) == 0)
                        {
                            return;
                        }

                        break;
                    default:
                        Do(steps[i], _read[thread]);
                        break;
                }
            }
        }

        private void Do(string step, List<int> read)
        {
            switch (step)
            {
                case "L":
                    AsymmetricBarrier.Light();
                    break;
                case "H":
                    AsymmetricBarrier.Heavy();
                    break;
                case "F":
                    Fence.Full();
                    break;
                case "A":
                    Fence.Acquire();
                    break;
                case "R":
                    Fence.Release();
                    break;
                case "(":
                    _ = _lock.Enter();
                    break;
                case ")":
                    if (_lock.IsHeldByCurrentThread)
                    {
                        _lock.Exit();
                    }

                    break;
                case "(!":
                    var trying = default(Spinner);
                    while (!_lock.TryEnter())
                    {
                        trying.Spin();
                    }

                    break;
                case ['S', var started]:
                    Start(Digit(started));
                    break;
                case ['D', var disarmed]:
                    _timers[Digit(disarmed)]!.Dispose();
                    break;
                case "G":
                    Model.Abandon(_object!);
                    break;
                case "K":
                    FinalizedObject.KeepAlive(_object);
                    break;
                case ['J', var joined]:
                    _running[Digit(joined)]!.Join();
                    break;
                case [_, '!']:
                    var waiting = default(Spinner);
                    while (Word(step).Read() == 0)
                    {
                        waiting.Spin();
                    }

                    break;
                case [var name] when Plain.Contains(name, StringComparison.Ordinal):
                    read.Add(_plain[Plain.IndexOf(name, StringComparison.Ordinal)].Read());
                    break;
                case [var name, '=', var value] when Plain.Contains(name, StringComparison.Ordinal):
                    _plain[Plain.IndexOf(name, StringComparison.Ordinal)].Write(Digit(value));
                    break;
                default:
                    Access(step, ref Word(step), read);
                    break;
            }
        }

        private static void Access(string step, ref SharedInt32 word, List<int> read)
        {
            switch (step)
            {
                case [_]:
                    read.Add(word.ReadRelaxed());
                    break;
                case [_, 'a']:
                    read.Add(word.Read());
                    break;
                case [_, '=', var value]:
                    word.WriteRelaxed(Digit(value));
                    break;
                case [_, '=', var value, 'r']:
                    word.Write(Digit(value));
                    break;
                case [_, '=', var value, 'a']:
                    word.Announce(Digit(value));
                    break;
                case [_, '+', var value]:
                    read.Add(word.Add(Digit(value)));
                    break;
                case [_, '^', var value]:
                    read.Add(word.Exchange(Digit(value)));
                    break;
                case [_, ':', var comparand, var value]:
                    read.Add(word.CompareExchange(Digit(value), Digit(comparand)));
                    break;
                default:
                    throw new FormatException($"'{step}' is no step of a program.");
            }
        }

        /// <summary>For each call which ones had returned before: all that matters of a history.</summary>
        private string OrderOfCalls()
        {
            var calls = _history.Operations.GroupBy(static call => call.Thread).SelectMany(static calls => calls.Select((call, i) => (Name: $"{call.Thread}.{i}", Call: call))).ToList();
            IEnumerable<string> ordered =
                from later in calls
                from earlier in calls
                where !earlier.Call.IsPending && earlier.Call.ReturnedAt < later.Call.InvokedAt && earlier.Call.Thread != later.Call.Thread
                select $" {earlier.Name}<{later.Name}";
            return string.Concat(ordered.Order(StringComparer.Ordinal));
        }

        private ref SharedInt32 Word(string step) => ref _words[Words.IndexOf(step[0], StringComparison.Ordinal)];

        private static int Digit(char digit) => int.Parse([digit], CultureInfo.InvariantCulture);
    }

    private sealed class Abandoned(Action collect) : FinalizedObject
    {
        protected override void OnCollected() => collect();
    }
}
