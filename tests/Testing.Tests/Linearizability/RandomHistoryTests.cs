using FsCheck;
using FsCheck.Fluent;
using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The checker against the definition, on short random histories of three threads.</summary>
public sealed class RandomHistoryTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    private const int Histories = 2_000;
    private const int Threads = 3;
    private const int MostOperations = 6;

    [Fact]
    public void On_registers_it_agrees_with_all_permutations()
        => AssertAgreement(new RegisterSpecification(), [new("write", 1), new("write", 2), new("read"), new("read")]);

    [Fact]
    public void On_counters_it_agrees_with_all_permutations()
        => AssertAgreement(new CounterSpecification(), [new("increment"), new("increment"), new("read")]);

    [Fact]
    public void On_queues_it_agrees_with_all_permutations()
        => AssertAgreement(new QueueSpecification(), [new("enqueue", 1), new("enqueue", 2), new("dequeue"), new("dequeue")]);

    [Fact]
    public void On_sets_it_agrees_with_all_permutations()
        => AssertAgreement(new SetSpecification(), [new("add", 0), new("add", 1), new("remove", 0), new("contains", 0), new("contains", 1)]);

    [Fact]
    public void On_nondeterministic_bags_it_agrees_with_all_permutations()
        => AssertAgreement(new BagSpecification(), [new("add", 1), new("add", 2), new("take"), new("take")]);

    [Fact]
    public void On_sets_the_check_by_key_agrees_with_all_permutations()
        => AssertAgreement(
            new SetSpecification(),
            [new("add", 0), new("add", 1), new("remove", 0), new("remove", 1), new("contains", 0), new("contains", 1)],
            static (history, specification) => LinearizabilityChecker.CheckByKey(history, specification, static call => call.Argument));

    private void AssertAgreement<TState>(
        SequentialSpecification<TState, Call, int> specification,
        Call[] calls,
        Func<History<Call, int>, SequentialSpecification<TState, Call, int>, LinearizabilityResult<Call, int>>? check = null)
    {
        int linearizable = 0, rejected = 0, pending = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Histories),
            Prop.ForAll(
                ArbMap.Default.ArbFor<NonEmptyArray<byte>>(),
                script =>
                {
                    History<Call, int> history = Build(script.Get, specification, calls);
                    LinearizabilityResult<Call, int> result =
                        check is null ? LinearizabilityChecker.Check(history, specification) : check(history, specification);
                    Assert.Equal(BruteForce.IsLinearizable(history, specification), result.IsLinearizable);
                    if (result.IsLinearizable)
                    {
                        BruteForce.AssertWitness(result.Witness, history, specification);
                        linearizable++;
                    }
                    else
                    {
                        Assert.True(BruteForce.KeepsRealTime(result.LongestPrefix));
                        Assert.True(BruteForce.CanRun(result.LongestPrefix, specification));
                        rejected++;
                    }

                    pending += history.Operations.Any(static operation => operation.IsPending) ? 1 : 0;
                }));
        output.WriteLine($"{linearizable} linearizable, {rejected} not; {pending} with pending operations");
        Assert.Equal(Histories, linearizable + rejected);
        Assert.True(linearizable >= Histories / 10 && rejected >= Histories / 10 && pending >= Histories / 10);
    }

    /// <summary>
    /// Each byte is a thread's turn: it invokes something, or returns. The object runs in between, but every other result or so is
    /// that of an object that runs the operation late, and now and then one is made up.
    /// </summary>
    private static History<Call, int> Build<TState>(byte[] script, SequentialSpecification<TState, Call, int> specification, Call[] calls)
    {
        var history = new History<Call, int>();
        var underWay = new (Call Call, int? Result)?[Threads];
        TState state = specification.InitialState;
        var random = new Random(script.Aggregate(script.Length, static (hash, value) => (hash * 31) + value));
        int turns = 2 * MostOperations;
        for (int turn = 0; turn < turns; turn++)
        {
            int choice = turn < script.Length ? script[turn] : random.Next(256);
            int thread = choice % Threads;
            if (underWay[thread] is not { } running)
            {
                if (history.Operations.Count < MostOperations)
                {
                    Call call = calls[choice / Threads % calls.Length];
                    history.Invoke(thread, call);
                    underWay[thread] = (call, random.Next(2) == 0 ? TakeEffect(call) : null);
                }

                continue;
            }

            int result = running.Result ?? TakeEffect(running.Call) ?? 0;
            history.Return(thread, random.Next(8) == 0 ? random.Next(3) : result);
            underWay[thread] = null;
        }

        return history;

        int? TakeEffect(Call call)
        {
            (TState State, int Result)[] outcomes = [.. specification.Outcomes(state, call)];
            if (outcomes.Length == 0)
            {
                return null;
            }

            (state, int result) = outcomes[random.Next(outcomes.Length)];
            return result;
        }
    }
}
