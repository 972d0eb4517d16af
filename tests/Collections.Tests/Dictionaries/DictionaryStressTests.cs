using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>
/// Readers and snapshots beside a writer at full rate on real cores. Beside each check the same one of what does not keep the promise: it must be seen to fail. What breaks the table
/// itself is shown by mutants in the model.
/// </summary>
public sealed class DictionaryStressTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    private const int Keys = 64;
    private const int MostRounds = 400_000;
    private const int EnoughWrong = 10;
    private static readonly TimeSpan s_time = TestMode.Choose(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(20));
    private static readonly string[] s_names = [.. Enumerable.Range(0, 4 * Keys).Select(static key => $"{key}")];

    [Fact]
    public void A_batch_is_visible_whole_or_not_at_all()
    {
        var dictionary = new CopyOnWriteDictionary<int, long>();
        Assert.Equal(0, Run(round => dictionary.Update(batch => SetAll(batch.Set, round)), read => IsOneBatch(dictionary, read)));
    }

    [Fact]
    public void Control_single_writes_are_seen_one_by_one()
    {
        var dictionary = new CopyOnWriteDictionary<int, long>();
        AssertCaught(round => SetAll(dictionary.Set, round), read => IsOneBatch(dictionary, read));
    }

    [Fact]
    public void What_a_reader_sees_of_one_key_never_goes_back()
    {
        var dictionary = new CopyOnWriteDictionary<int, long>();
        Assert.Equal(0, Run(round => ReplaceAll(dictionary, Keys, round, dictionary.Set), read => DoesNotGoBack(dictionary, Keys, read)));
    }

    [Fact]
    public void Control_a_value_that_goes_back_is_seen()
    {
        var dictionary = new CopyOnWriteDictionary<int, long>();
        AssertCaught(
            round => ReplaceAll(dictionary, 2, round, (key, value) => dictionary.Set(key, value - (value % 2 == 0 ? 3 : 0))), // As if a page of the round before came back.
            read => DoesNotGoBack(dictionary, 2, read));
    }

    [Fact]
    public void A_value_is_never_that_of_another_key_nor_of_two_writes()
    {
        var dictionary = new CopyOnWriteDictionary<string, (long Key, long Round, long Check)>();
        Assert.Equal(0, Run(
            round => WriteSome(round, (key, value) => dictionary.Set(s_names[key], value), key => dictionary.TryRemove(s_names[key])),
            read => IsOneValue(read, key => dictionary.TryGetValue(s_names[key], out (long Key, long Round, long Check) value) ? value : null)));
    }

    [Fact]
    public void Control_values_written_word_by_word_are_seen_mixed()
    {
        var plain = new (long Key, long Round, long Check)[s_names.Length];
        for (int key = 0; key < plain.Length; key++)
        {
            plain[key] = (key, 0, key);
        }

        AssertCaught(
            round => WriteSome(
                round,
                (key, value) =>
                {
                    plain[key].Round = value.Round;
                    Thread.SpinWait(10);
                    plain[key].Check = value.Check;
                },
                static _ => { }),
            read => IsOneValue(read, key => plain[key]));
    }

    [Fact]
    public void The_count_of_a_snapshot_is_the_number_of_its_entries_while_the_table_grows_and_shrinks()
    {
        var dictionary = new CopyOnWriteDictionary<int, string>();
        Assert.Equal(0, Run(
            round => Wave(dictionary, round),
            _ =>
            {
                DictionarySnapshot<int, string> snapshot = dictionary.Snapshot();
                return IsCountOf(snapshot.Count, snapshot);
            }));
    }

    [Fact]
    public void Control_a_count_that_was_taken_apart_is_seen_to_be_another()
    {
        var dictionary = new CopyOnWriteDictionary<int, string>();
        AssertCaught(round => Wave(dictionary, round), _ => IsCountOf(dictionary.Count, dictionary.Snapshot()));
    }

    /// <summary>Present for most of the time, removed and added again, copied after snapshots.</summary>
    private static void ReplaceAll(CopyOnWriteDictionary<int, long> dictionary, int keys, long round, Action<int, long> set)
    {
        for (int key = 0; key < keys; key++)
        {
            if ((round + key) % 7 == 0)
            {
                dictionary.TryRemove(key);
            }

            set(key, round);
        }

        if (round % 5 == 0)
        {
            dictionary.Snapshot();
        }
    }

    private static bool DoesNotGoBack(CopyOnWriteDictionary<int, long> dictionary, int keys, long read)
    {
        int key = (int)(read % keys);
        long first = dictionary.TryGetValue(key, out long value) ? value : 0;
        long second = dictionary.TryGetValue(key, out value) ? value : long.MaxValue;
        return second >= first;
    }

    private static void WriteSome(long round, Action<long, (long Key, long Round, long Check)> set, Action<long> remove)
    {
        for (int i = 0; i < Keys; i++)
        {
            long key = ((round * 31) + (i * 7)) % s_names.Length;
            if ((round & 1) == 0)
            {
                set(key, (key, round, key ^ round));
            }
            else
            {
                remove(key);
            }
        }
    }

    private static bool IsOneValue(long read, Func<long, (long Key, long Round, long Check)?> find)
    {
        long key = read * 13 % s_names.Length;
        return find(key) is not { } value || (value.Key == key && value.Check == (key ^ value.Round));
    }

    private static void Wave(CopyOnWriteDictionary<int, string> dictionary, long round)
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
    }

    private static bool IsCountOf(int count, DictionarySnapshot<int, string> snapshot)
    {
        int enumerated = 0;
        foreach (KeyValuePair<int, string> entry in snapshot)
        {
            enumerated += entry.Value is "x" && snapshot.ContainsKey(entry.Key) ? 1 : 0;
        }

        return enumerated == count;
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

    private void AssertCaught(Action<long> write, Func<long, bool> isRight)
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            if (Run(write, isRight, EnoughWrong) >= EnoughWrong)
            {
                return;
            }
        }

        TestMode.NoPower(output, "the reader did not meet the writer often enough to see what is wrong on purpose");
    }

    /// <summary>One thread writes round after round while another reads.</summary>
    /// <returns>How many reads were wrong.</returns>
    private long Run(Action<long> write, Func<long, bool> isRight, long enough = long.MaxValue)
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
            if (wrong >= enough)
            {
                stop.Cancel();
                break;
            }
        }

        writer.Join();
        output.WriteLine($"{rounds:N0} rounds of writes, {reads:N0} reads, {wrong:N0} wrong");
        Assert.Null(failure);
        Assert.True(wrong >= enough || (rounds > 100 && reads > 100), "too little happened for a verdict");
        return wrong;
    }
}
