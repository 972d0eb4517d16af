using System.Runtime.ExceptionServices;

namespace SwmrKit.Testing;

/// <summary>
/// Runs a concurrent scenario in every way its threads can be interleaved and its memory can be reordered, within stated bounds,
/// and reports the first way that fails.
/// </summary>
/// <remarks>
/// <para>A scenario is a delegate that creates its state, starts threads by <see cref="ModelThread.Start"/>, joins them, and asserts by
/// <see cref="Model.Assert"/>. What its threads share is made of the types of <c>SwmrKit.Testing.Memory</c>, which have the names of those of
/// <c>SwmrKit.Memory</c>: production source compiled against them is checked as it stands.</para>
/// <para>It is run again and again and must be deterministic but for the checker's decisions. Failures are a broken assertion, an exception that
/// leaves a thread, a data race, a deadlock, and a livelock.</para>
/// <para>The method is stateless model checking (Godefroid, POPL 1997) as in CHESS and Loom, with sleep sets or else a preemption bound and
/// fingerprints of the states seen, and no decisions at locations that are not in dispute. Several scenarios may be checked at once on different threads.</para>
/// </remarks>
public static class ModelChecker
{
    private const int ProgressEvery = 10_000;

    /// <summary>Explores a scenario.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="options">The memory and the bounds; null for the defaults.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="scenario"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static ModelResult Check(Action scenario, ModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        options ??= new ModelOptions();
        options.Validate();
        return OnCrew(crew => Explore(scenario, options, crew, static execution => execution.Failure is null));
    }

    /// <summary>Explores a scenario and collects what its executions return.</summary>
    /// <typeparam name="TOutcome">What a scenario returns; equal outcomes are one.</typeparam>
    /// <param name="scenario">The scenario.</param>
    /// <param name="options">The memory and the bounds; null for the defaults.</param>
    /// <returns>Every outcome there is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="scenario"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ModelFailedException">An execution failed, or the exploration was not exhausted.</exception>
    public static IReadOnlySet<TOutcome> Outcomes<TOutcome>(Func<TOutcome> scenario, ModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        TOutcome? returned = default;
        return Collect(() => returned = scenario(), options, _ => returned!, goesOn: static execution => execution.Failure is null);
    }

    /// <summary>Explores a scenario and goes on behind failures.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="options">The memory and the bounds.</param>
    /// <param name="ended">What the execution that has just ended counts as, given its failure if it had one.</param>
    internal static IReadOnlySet<TOutcome> Outcomes<TOutcome>(Action scenario, ModelOptions options, Func<string?, TOutcome> ended) =>
        Collect(scenario, options, ended, goesOn: static _ => true);

    /// <summary>Runs one execution of a scenario again.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="schedule">The schedule of a failure.</param>
    /// <param name="options">The memory it was found under; of the bounds only <see cref="ModelOptions.MaxSteps"/> applies.</param>
    /// <returns>The failure, with its trace; null when that execution does not fail.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="FormatException">The schedule is not of the form that failures print.</exception>
    public static ModelFailure? Replay(Action scenario, string schedule, ModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(schedule);
        options ??= new ModelOptions();
        options.Validate();
        var replay = new Replay(schedule);
        return OnCrew(crew => Record(scenario, options, replay, [], crew));
    }

    /// <summary>Runs something on a thread of its own beside the workers, all on one processor.</summary>
    private static TResult OnCrew<TResult>(Func<Worker.Crew, TResult> run)
    {
        TResult? result = default;
        ExceptionDispatchInfo? failure = null;
        var explorer = new Thread(() =>
        {
            var crew = Worker.Crew.Rent();
            crew.Enter();
            try
            {
                result = run(crew);
            }
#pragma warning disable CA1031 // Rethrown on the calling thread.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            crew.Return();
        })
        { IsBackground = true, Name = "model checker" };
        explorer.Start();
        explorer.Join();
        failure?.Throw();
        return result!;
    }

    private static HashSet<TOutcome> Collect<TOutcome>(Action scenario, ModelOptions? options, Func<string?, TOutcome> ended, Func<Execution, bool> goesOn)
    {
        options ??= new ModelOptions();
        options.Validate();
        var outcomes = new HashSet<TOutcome>();
        OnCrew(crew => Explore(scenario, options, crew, execution =>
        {
            if (execution.Disputes.HaveGrown)
            {
                outcomes.Clear(); // It all begins again.
            }
            else if (!execution.WasRedundant)
            {
                outcomes.Add(ended(execution.Failure));
            }

            return goesOn(execution);
        })).ThrowIfNotProved();
        return outcomes;
    }

    /// <param name="scenario">The scenario.</param>
    /// <param name="options">The memory and the bounds.</param>
    /// <param name="crew">Who runs it.</param>
    /// <param name="goesOn">Asked after each execution whether another is wanted; an execution that found out what is in dispute does not count.</param>
    private static ModelResult Explore(Action scenario, ModelOptions options, Worker.Crew crew, Func<Execution, bool> goesOn)
    {
        var depthFirst = new DepthFirst();
        var shared = new HashSet<long>();
        long executions = 0, redundant = 0, total = 0;
        bool more = true;
        while (more && total < options.MaxExecutions)
        {
            var execution = new Execution(options, depthFirst, shared, crew, trace: null);
            execution.Run(scenario);
            total++;
            bool isEnough = !goesOn(execution);
            if (execution.Disputes.HaveGrown)
            {
                // Decisions were missing before the uses of what is now known to be in dispute: begin again. A failure will be found again.
                depthFirst.Restart();
                (executions, redundant) = (0, 0);
                continue;
            }

            if (isEnough)
            {
                return Result(isExhausted: false, Explain(scenario, options, depthFirst, shared, crew));
            }

            (executions, redundant) = execution.WasRedundant ? (executions, redundant + 1) : (executions + 1, redundant);
            if (total % ProgressEvery == 0)
            {
                options.Progress?.Invoke(total);
            }

            more = depthFirst.MoveNext();
        }

        return Result(isExhausted: !more, null);

        ModelResult Result(bool isExhausted, ModelFailure? failure) => new()
        {
            Executions = failure is null ? executions : executions + 1,
            Redundant = redundant,
            IsExhausted = isExhausted,
            Deepest = depthFirst.Deepest,
            Failure = failure,
        };
    }

    private static ModelFailure Explain(Action scenario, ModelOptions options, DepthFirst depthFirst, HashSet<long> shared, Worker.Crew crew)
    {
        depthFirst.Repeat();
        return Record(scenario, options, depthFirst, shared, crew)
            ?? new ModelFailure("The scenario failed once and not again with the same decisions: it is not deterministic.", "/", [], null);
    }

    private static ModelFailure? Record(Action scenario, ModelOptions options, Strategy strategy, HashSet<long> shared, Worker.Crew crew)
    {
        var trace = new Trace();
        var execution = new Execution(options, strategy, shared, crew, trace);
        execution.Run(scenario);
        return execution.Failure is { } message ? new ModelFailure(message, trace.Schedule, trace.Lines, execution.Exception) : null;
    }
}
