using SwmrKit.Testing;
using SwmrKit.Testing.Memory;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>What the model checker reports, and that it reports it again.</summary>
public sealed class ModelCheckerTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_publication_by_release_and_acquire_is_clean()
    {
        ModelResult result = ModelChecker.Check(() =>
        {
            var data = new PlainData<int>(0);
            var ready = new SharedInt32(0);
            var writer = ModelThread.Start("writer", () =>
            {
                data.Write(42);
                ready.Write(1);
            });
            if (ready.Read() == 1)
            {
                Model.Assert(data.Read() == 42, "published before it was written");
            }

            writer.Join();
        });
        Assert.Null(result.ThrowIfNotProved().Failure);
    }

    [Fact]
    public void Without_the_release_it_is_a_data_race_which_its_schedule_repeats()
    {
        static void Scenario()
        {
            var data = new PlainData<int>(0);
            var ready = new SharedInt32(0);
            var writer = ModelThread.Start("writer", () =>
            {
                data.Write(42);
                ready.WriteRelaxed(1);
            });
            if (ready.Read() == 1)
            {
                data.Read();
            }

            writer.Join();
        }

        ModelFailure failure = Found(Scenario);
        Assert.Contains("Data race", failure.Message, StringComparison.Ordinal);
        ModelFailure? again = ModelChecker.Replay(Scenario, failure.Schedule);
        Assert.Equal(failure.Message, again?.Message);
        Assert.Equal(failure.Trace, again?.Trace);
    }

    [Fact]
    public void A_lost_update_is_found_and_an_atomic_one_is_clean()
    {
        static Action Counter(bool isAtomic) => () =>
        {
            var count = new SharedInt64(0);
            void Increment()
            {
                if (isAtomic)
                {
                    count.Add(1);
                }
                else
                {
                    count.Write(count.Read() + 1);
                }
            }

            var other = ModelThread.Start("other", Increment);
            Increment();
            other.Join();
            Model.Assert(count.Read() == 2, "an update was lost");
        };

        Assert.Equal("an update was lost", Found(Counter(isAtomic: false)).Message);
        ModelChecker.Check(Counter(isAtomic: true)).ThrowIfNotProved();
    }

    [Fact]
    public void Two_locks_taken_in_opposite_orders_deadlock()
    {
        ModelFailure failure = Found(static () =>
        {
            ExclusiveLock first = new(), second = new();
            var other = ModelThread.Start("other", () =>
            {
                using (second.Enter())
                {
                    first.Enter().Dispose();
                }
            });
            using (first.Enter())
            {
                second.Enter().Dispose();
            }

            other.Join();
        });
        Assert.StartsWith("Deadlock: main waits for a lock", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_waiting_loop_ends_when_what_it_waits_for_comes_and_is_a_deadlock_when_it_does_not()
    {
        static Action Wait(bool comes) => () =>
        {
            var flag = new SharedInt32(0);
            var other = ModelThread.Start("other", () =>
            {
                if (comes)
                {
                    flag.Write(1);
                }
            });
            var spinner = default(Spinner);
            while (flag.Read() == 0)
            {
                spinner.Spin();
            }

            other.Join();
        };

        ModelChecker.Check(Wait(comes: true)).ThrowIfNotProved();
        Assert.Contains("waits in a loop", Found(Wait(comes: false)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void A_loop_that_tries_to_take_a_lock_goes_on_when_it_has_been_left_and_is_a_deadlock_when_it_is_not(ModelMemory memory)
    {
        static Action Try(bool leaves) => () =>
        {
            var gate = new ExclusiveLock();
            var other = ModelThread.Start("other", () =>
            {
                if (gate.TryEnter() && leaves)
                {
                    gate.Exit();
                }
            });
            var spinner = default(Spinner);
            while (!gate.TryEnter())
            {
                spinner.Spin();
            }

            gate.Exit();
            other.Join();
        };

        var options = new ModelOptions { Memory = memory };
        ModelChecker.Check(Try(leaves: true), options).ThrowIfNotProved();
        Assert.Contains("waits in a loop", Found(Try(leaves: false), options).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void A_loop_that_reads_plain_data_under_a_lock_goes_on_when_it_has_been_written(ModelMemory memory) =>
        ModelChecker.Check(
            static () =>
            {
                var gate = new ExclusiveLock();
                var isReady = new PlainData<bool>(false);
                bool IsReady()
                {
                    using (gate.Enter())
                    {
                        return isReady.Read();
                    }
                }

                var other = ModelThread.Start("other", () =>
                {
                    using (gate.Enter())
                    {
                        isReady.Write(true);
                    }
                });
                var spinner = default(Spinner);
                while (!IsReady())
                {
                    spinner.Spin();
                }

                other.Join();
            },
            new ModelOptions { Memory = memory }).ThrowIfNotProved();

    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void To_try_to_take_a_lock_that_is_being_left_may_succeed_or_fail(ModelMemory memory) =>
        Assert.Equal([false, true], ModelChecker.Outcomes(
            static () =>
            {
                var gate = new ExclusiveLock();
                bool isTaken = false;
                ExclusiveLock.Scope scope = gate.Enter();
                var other = ModelThread.Start("other", () => isTaken = gate.TryEnter());
                scope.Dispose();
                other.Join();
                return isTaken;
            },
            new ModelOptions { Memory = memory }).Order());

    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void A_timer_may_go_off_before_what_follows_and_after_the_last_thread_has_ended(ModelMemory memory)
    {
        var options = new ModelOptions { Memory = memory };
        Assert.Equal([0, 1], ModelChecker.Outcomes(
            static () =>
            {
                var word = new SharedInt32(0);
                new ModelTime(mostTicks: 1).CreateTimer(_ => word.Write(1), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                return word.Read();
            },
            options).Order());
        ModelFailure failure = Found(
            static () =>
            {
                var isOver = new SharedInt32(0);
                new ModelTime(mostTicks: 1).CreateTimer(_ => Model.Assert(isOver.Read() == 0, "it was over"), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                isOver.Write(1);
            },
            options);
        Assert.Equal("it was over", failure.Message);
    }

    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void A_collection_comes_at_any_moment_and_sees_what_had_been_done(ModelMemory memory)
    {
        IReadOnlySet<(int, int)> Outcomes(bool isUnreduced)
        {
            int seenByWriter = 0, seenByFinalizer = 0;
            return ModelChecker.Outcomes(
                () =>
                {
                    (seenByWriter, seenByFinalizer) = (-1, -1);
                    SharedInt32 x = default, y = default;
                    Model.Abandon(new Collected(() =>
                    {
                        y.WriteRelaxed(1);
                        Fence.Full();
                        seenByFinalizer = x.ReadRelaxed();
                    }));
                    x.WriteRelaxed(1);
                    seenByWriter = y.ReadRelaxed();
                },
                new ModelOptions { Memory = memory, IsUnreduced = isUnreduced },
                _ => (seenByWriter, seenByFinalizer));
        }

        IReadOnlySet<(int, int)> reduced = Outcomes(isUnreduced: false);
        Assert.Equal([(0, 0), (0, 1), (1, 0), (1, 1)], reduced.Order());
        Assert.Equal(Outcomes(isUnreduced: true).Order(), reduced.Order());
    }

    [Fact]
    public void Outcomes_are_those_of_executions_that_can_happen()
    {
        // Collected, and the word not written: then the object was used after its collection, which shows only when main has returned.
        IReadOnlySet<(int Collected, int Written)> outcomes = ModelChecker.Outcomes(static () =>
        {
            SharedInt32 isCollected = new(0), word = new(0);
            var abandoned = new Collected(() => isCollected.Write(1));
            Model.Abandon(abandoned);
            ModelThread.Start("user", () =>
            {
                word.Write(1);
                FinalizedObject.KeepAlive(abandoned);
            });
            int collected = isCollected.Read();
            return (collected, word.Read());
        });
        Assert.Equal([(0, 0), (0, 1), (1, 1)], outcomes.Order());
    }

    [Fact]
    public void A_loop_that_waits_without_the_spinner_is_told_as_a_livelock()
    {
        ModelFailure failure = Found(
            static () =>
            {
                var flag = new SharedInt32(0);
                while (flag.Read() == 0)
                {
                }
            },
            new ModelOptions { MaxSteps = 100 });
        Assert.Contains("has not ended after 100 operations", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_that_leaves_a_thread_is_a_failure()
    {
        ModelFailure failure = Found(static () => ModelThread.Start("thrower", static () => throw new FormatException("bad")).Join());
        Assert.Equal("thrower threw FormatException: bad", failure.Message);
        Assert.IsType<FormatException>(failure.Exception);
    }

    [Fact]
    public void A_scenario_that_is_not_deterministic_is_told_so()
    {
        int executions = 0;
        ModelFailure failure = Found(() =>
        {
            bool isEven = executions++ % 2 == 0;
            var word = new SharedInt32(0);
            var other = ModelThread.Start("other", () =>
            {
                word.Write(1);
                if (isEven)
                {
                    word.Write(2);
                }
            });
            word.Read();
            word.Read();
            other.Join();
        });
        Assert.Contains("not deterministic", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_preemption_bound_leaves_out_what_it_says()
    {
        // Seen only if main is interrupted once between its two reads, and the other thread once between its two writes.
        static void Scenario()
        {
            SharedInt32 x = default, y = default;
            int first = 0;
            var other = ModelThread.Start("other", () =>
            {
                x.Write(1);
                if (y.Read() == 1)
                {
                    x.Write(2);
                }
            });
            first = x.Read();
            y.Write(first);
            int second = x.Read();
            other.Join();
            Model.Assert(!(first == 1 && second == 2), "both were seen");
        }

        Assert.Null(ModelChecker.Check(Scenario, new ModelOptions { PreemptionBound = 1 }).ThrowIfNotProved().Failure);
        Assert.NotNull(ModelChecker.Check(Scenario, new ModelOptions { PreemptionBound = 3 }).Failure);
        Assert.NotNull(ModelChecker.Check(Scenario).Failure);
    }

    [Fact]
    public void Giving_up_is_not_exhausting()
    {
        ModelResult result = ModelChecker.Check(
            static () =>
            {
                var word = new SharedInt32(0);
                var other = ModelThread.Start("other", () => word.Write(1));
                word.Read();
                other.Join();
            },
            new ModelOptions { MaxExecutions = 2 });
        Assert.False(result.IsExhausted);
        Assert.Throws<ModelFailedException>(result.ThrowIfNotProved);
    }

    [Fact]
    public void Histories_of_every_execution_are_checked_for_linearizability()
    {
        static Action Counter(bool isAtomic) => () =>
        {
            var count = new SharedInt32(0);
            var history = new History<string, int>();
            int Increment() => isAtomic ? count.Add(1) : Lose();
            int Lose()
            {
                int next = count.Read() + 1;
                count.Write(next);
                return next;
            }

            var other = ModelThread.Start("other", () => history.Record(1, "increment", Increment));
            history.Record(0, "increment", Increment);
            other.Join();
            Model.Assert(LinearizabilityChecker.Check(history, new Incremented()).IsLinearizable, "not linearizable");
        };

        Assert.Equal("not linearizable", Found(Counter(isAtomic: false)).Message);
        ModelChecker.Check(Counter(isAtomic: true)).ThrowIfNotProved();
    }

    [Theory]
    [InlineData("")]
    [InlineData("1/2/3")]
    [InlineData("a*2/")]
    public void A_string_that_is_no_schedule_is_refused(string schedule) =>
        Assert.Throws<FormatException>(() => ModelChecker.Replay(static () => { }, schedule));

    [Fact]
    public void Outside_a_scenario_the_stand_ins_are_ordinary_variables_and_threads_are_refused()
    {
        var word = new SharedInt64(1);
        word.Announce(2);
        Assert.Equal(2, word.Exchange(3));
        Assert.Equal(4, word.Add(1));
        Assert.Equal(4, word.CompareExchange(5, 4));
        Assert.Equal(5, word.ReadRelaxed());
        Assert.Throws<InvalidOperationException>(() => ModelThread.Start("none", static () => { }));
    }

    private ModelFailure Found(Action scenario, ModelOptions? options = null)
    {
        ModelResult result = ModelChecker.Check(scenario, options);
        output.WriteLine(result.ToString());
        return Assert.IsType<ModelFailure>(result.Failure);
    }

    private sealed class Collected(Action collect) : FinalizedObject
    {
        protected override void OnCollected() => collect();
    }

    private sealed class Incremented : SequentialSpecification<int, string, int>
    {
        public override int InitialState => 0;

        public override IEnumerable<(int State, int Result)> Outcomes(int state, string operation) => [(state + 1, state + 1)];
    }
}
