using HeadToHead;

namespace SwmrKit.Tests;

public sealed class RowsTests : IClassFixture<SharedMachine>
{
    public static TheoryData<string> Ids => [.. Rows.All.Select(static row => row.Id)];

    /// <summary>Filling the largest dictionaries takes long.</summary>
    public static TheoryData<string> IdsToRun => [.. Rows.All.Select(static row => row.Id).Where(static id => TestMode.IsFull || !id.EndsWith("-1m", StringComparison.Ordinal))];

    [Fact]
    public void Every_row_has_a_name_of_its_own() => Assert.Distinct(Rows.All.Select(static row => row.Id));

    [Fact]
    public void A_rows_name_says_on_how_many_threads_it_runs() => Assert.All(Rows.All, static row =>
    {
        int at = row.Name.LastIndexOf("-x", StringComparison.Ordinal);
        Assert.Equal(row.Threads == 1 ? "" : $"-x{row.Threads}", at < 0 ? "" : row.Name[at..]);
    });

    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_contenders_have_different_names_and_there_is_a_peer_or_a_target_for_ours_alone(string id)
    {
        Contender[] contenders = Row(id).Create();
        try
        {
            Assert.True(contenders.Length > 1 || Target.Load(Path.Combine(AppContext.BaseDirectory, "targets.json")).Any(target => target.Row == id && target.IsOfFigure));
            Assert.Distinct(contenders.Select(static contender => contender.Name));
        }
        finally
        {
            Dispose(contenders);
        }
    }

    [Theory]
    [MemberData(nameof(IdsToRun))]
    public void Its_contenders_run_on_as_many_threads_at_once_as_it_says(string id)
    {
        Row row = Row(id);
        Contender[] contenders = row.Create();
        try
        {
            var finished = new int[contenders.Length];
            Exception?[] failures = new Exception?[row.Threads];
            Thread[] threads = [.. Enumerable.Range(0, row.Threads).Select(i => new Thread(() => failures[i] = Record.Exception(() =>
            {
                for (int contender = 0; contender < contenders.Length; contender++)
                {
                    contenders[contender].Enlist();
                    contenders[contender].Run(100);
                    Interlocked.Increment(ref finished[contender]);
                }
            })))];
            Array.ForEach(threads, static thread => thread.Start());
            Array.ForEach(threads, static thread => thread.Join());
            Assert.All(failures, Assert.Null);
            Assert.All(finished, count => Assert.Equal(row.Threads, count));
        }
        finally
        {
            Dispose(contenders);
        }
    }

    [Fact]
    public void A_measurement_times_every_contender_in_every_round()
    {
        using var measurement = new Measurement(Row("guard/handle-x2"), TimeSpan.FromMilliseconds(0.2));
        Series[] series = measurement.Run(7);
        Assert.Equal(measurement.Contenders.Count, series.Length);
        Assert.All(series, static rounds =>
        {
            Assert.Equal(7, rounds.Nanoseconds.Length);
            Assert.Equal(7, rounds.Bytes.Length);
            Assert.All(rounds.Nanoseconds, static time => Assert.True(time > 0));
        });
    }

    [Fact]
    public void A_measurement_counts_what_an_operation_allocates()
    {
        using var measurement = new Measurement(new Row("a", "job-x2", 2, static () => [new UnprotectedRead(), new Allocation()]), TimeSpan.FromMilliseconds(0.2));
        Series[] series = measurement.Run(7);
        Assert.All(series[0].Bytes, static bytes => Assert.Equal(0, bytes));
        Assert.All(series[1].Bytes, static bytes => Assert.Equal(24, bytes)); // The smallest object there is.
    }

    [Fact]
    public void A_contender_may_run_on_fewer_threads_than_its_row()
    {
        var all = new ThreadCount();
        var one = new ThreadCount { MostThreads = 1 };
        using (var measurement = new Measurement(new Row("a", "job-x2", 2, () => [all, one]), TimeSpan.FromMilliseconds(0.01)))
        {
            measurement.Run(Sample.LeastValues);
        }

        Assert.Equal(2, all.Threads);
        Assert.Equal(1, one.Threads);
    }

    [Fact]
    public void The_strings_of_a_flood_have_one_hash_and_the_others_do_not()
    {
        Assert.Single(Keys.Flood(1_000).Present.Select(static text => TextHash.Fast(text)).Distinct());
        Assert.Equal(1_000, Keys.Flood(1_000).Present.Distinct(StringComparer.Ordinal).Count());
        Assert.InRange(Keys.NoFlood(1_000).Present.Select(static text => TextHash.Fast(text)).Distinct().Count(), 990, 1_000);
    }

    private sealed class Allocation() : Contender("allocation")
    {
        [ThreadStatic]
        private static object? t_last;

        public override void Run(int iterations)
        {
            for (int i = 0; i < iterations; i++)
            {
                t_last = new object();
            }
        }
    }

    private sealed class ThreadCount() : Contender($"threads {Guid.NewGuid()}")
    {
        private int _threads;

        public int Threads => _threads;

        public override void Enlist() => Interlocked.Increment(ref _threads);

        public override void Run(int iterations) => Thread.SpinWait(iterations);
    }

    private static Row Row(string id) => Rows.All.Single(row => row.Id == id);

    private static void Dispose(Contender[] contenders)
    {
        foreach (Contender contender in contenders)
        {
            contender.Dispose();
        }
    }
}
