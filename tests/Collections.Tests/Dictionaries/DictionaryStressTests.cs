using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>Readers and snapshots beside a writer at full rate on real cores. That of batches has a writer that is wrong on purpose beside it; what breaks the others is shown by mutants in the model.</summary>
public sealed class DictionaryStressTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int Keys = 64;
    private const int MostRounds = 400_000;
    private static readonly TimeSpan s_time = TestMode.Choose(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(20));

    [Fact]
    public void A_batch_is_visible_whole_or_not_at_all()
    {
        var dictionary = new CopyOnWriteDictionary<int, long>();
        long violations = Run(
            round => dictionary.Update(batch => SetAll(batch.Set, round)),
            read => IsOneBatch(dictionary, read));
        Assert.Equal(0, violations);
    }

    [Fact]
    public void Control_single_writes_are_seen_one_by_one()
    {
        var dictionary = new CopyOnWriteDictionary<int, long>();
        long violations = Run(
            round => SetAll(dictionary.Set, round),
            read => IsOneBatch(dictionary, read));
        if (violations == 0)
        {
            TestMode.NoPower(output, "no reader met the writer between two writes");
        }
    }

    [Fact]
    public void What_a_reader_sees_of_one_key_never_goes_back()
    {
        var dictionary = new CopyOnWriteDictionary<int, long>();
        long violations = Run(
            round =>
            {
                // Present for most of the time, removed and added again, copied after snapshots.
                for (int key = 0; key < Keys; key++)
                {
                    if ((round + key) % 7 == 0)
                    {
                        dictionary.TryRemove(key);
                    }

                    dictionary.Set(key, round);
                }

                if (round % 5 == 0)
                {
                    dictionary.Snapshot();
                }
            },
            read =>
            {
                int key = (int)(read % Keys);
                long first = dictionary.TryGetValue(key, out long value) ? value : 0;
                long second = dictionary.TryGetValue(key, out value) ? value : long.MaxValue;
                return second >= first;
            });
        Assert.Equal(0, violations);
    }

    [Fact]
    public void A_value_is_never_that_of_another_key_nor_of_two_writes()
    {
        var dictionary = new CopyOnWriteDictionary<string, (long Key, long Round, long Check)>();
        string[] names = [.. Enumerable.Range(0, 4 * Keys).Select(static key => $"{key}")];
        long violations = Run(
            round =>
            {
                for (int i = 0; i < Keys; i++)
                {
                    long key = (round * 31 + (i * 7)) % names.Length;
                    if ((round & 1) == 0)
                    {
                        dictionary.Set(names[key], (key, round, key ^ round));
                    }
                    else
                    {
                        dictionary.TryRemove(names[key]);
                    }
                }
            },
            read =>
            {
                long key = read * 13 % names.Length;
                return !dictionary.TryGetValue(names[key], out (long Key, long Round, long Check) value) || (value.Key == key && value.Check == (key ^ value.Round));
            });
        Assert.Equal(0, violations);
    }

    [Fact]
    public void The_count_of_a_snapshot_is_the_number_of_its_entries_while_the_table_grows_and_shrinks()
    {
        var dictionary = new CopyOnWriteDictionary<int, string>();
        long violations = Run(
            round =>
            {
                int wave = (int)(round % 4_000);
                for (int i = 0; i < 4; i++)
                {
                    if (wave < 2_000)
                    {
                        dictionary.Set((wave * 4) + i, "x");
                    }
                    else
                    {
                        dictionary.TryRemove(((wave - 2_000) * 4) + i);
                    }
                }
            },
            _ =>
            {
                DictionarySnapshot<int, string> snapshot = dictionary.Snapshot();
                int count = 0;
                foreach (KeyValuePair<int, string> entry in snapshot)
                {
                    count += entry.Value is "x" && snapshot.ContainsKey(entry.Key) ? 1 : 0;
                }

                return count == snapshot.Count;
            });
        Assert.Equal(0, violations);
    }

    private static void SetAll(Action<int, long> set, long round)
    {
        for (int key = 0; key < Keys; key++)
        {
            set(key, round);
        }
    }

    /// <summary>What is read later is no older; in a snapshot, of one age.</summary>
    private static bool IsOneBatch(CopyOnWriteDictionary<int, long> dictionary, long read)
    {
        int key = (int)(read * 7 % Keys);
        long first = dictionary.TryGetValue(key, out long value) ? value : 0;
        long second = dictionary.TryGetValue((key + 31) % Keys, out value) ? value : 0;
        return second >= first && (read % 64 != 0 || dictionary.Values.Distinct().Count() <= 1);
    }

    /// <summary>One thread writes round after round while another reads.</summary>
    /// <returns>How many reads were wrong.</returns>
    private long Run(Action<long> write, Func<long, bool> isRight)
    {
        using var stop = new CancellationTokenSource(s_time);
        long rounds = 0;
        Exception? failure = null;
        var writer = new Thread(() =>
        {
            try
            {
                while (!stop.IsCancellationRequested && rounds < MostRounds)
                {
                    write(++rounds);
                }
            }
#pragma warning disable CA1031 // Thrown on the test's thread.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }
        });
        long reads = 0;
        long wrong = 0;
        writer.Start();
        while (writer.IsAlive)
        {
            wrong += isRight(++reads) ? 0 : 1;
        }

        writer.Join();
        output.WriteLine($"{rounds:N0} rounds of writes, {reads:N0} reads, {wrong:N0} wrong");
        Assert.Null(failure);
        Assert.True(rounds > 100 && reads > 100, "too little happened for a verdict");
        return wrong;
    }
}
