using SwmrKit.Memory;

namespace SwmrKit.Tests;

public sealed class SharedWordTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_64_bit_word_reads_what_was_written_in_every_mode()
    {
        var word = new SharedInt64(1);
        Assert.Equal(1, word.Read());
        word.Write(2);
        Assert.Equal(2, word.ReadRelaxed());
        word.WriteRelaxed(3);
        Assert.Equal(3, word.Read());
        word.Announce(4);
        Assert.Equal(4, word.Exchange(5));
        Assert.Equal(7, word.Add(2));
        Assert.Equal(7, word.CompareExchange(8, 7));
        Assert.Equal(8, word.CompareExchange(9, 7));
        Assert.Equal(8, word.Read());
    }

    [Fact]
    public void A_32_bit_word_reads_what_was_written_in_every_mode()
    {
        var word = new SharedInt32(1);
        Assert.Equal(1, word.Read());
        word.Write(2);
        Assert.Equal(2, word.ReadRelaxed());
        word.WriteRelaxed(3);
        Assert.Equal(3, word.Read());
        word.Announce(4);
        Assert.Equal(4, word.Exchange(5));
        Assert.Equal(7, word.Add(2));
        Assert.Equal(7, word.CompareExchange(8, 7));
        Assert.Equal(8, word.CompareExchange(9, 7));
        Assert.Equal(8, word.Read());
    }

    [Fact]
    public void A_reference_reads_what_was_written_in_every_mode()
    {
        var word = new SharedReference<string>("1");
        Assert.Equal("1", word.Read());
        word.Write("2");
        Assert.Equal("2", word.ReadRelaxed());
        word.WriteRelaxed("3");
        Assert.Equal("3", word.Read());
        word.Announce("4");
        Assert.Equal("4", word.Exchange("5"));
        Assert.Equal("5", word.CompareExchange("6", word.Read()));
        Assert.Equal("6", word.CompareExchange("7", null));
        Assert.Equal("6", word.Read());
    }

    [Fact]
    public void A_copy_of_a_word_is_another_word()
    {
        var word = new SharedInt64(1);
        SharedInt64 copy = word;
        copy.Write(2);
        Assert.Equal(1, word.Read());
    }

    [Fact]
    public void Additions_from_many_threads_are_all_counted()
    {
        var counter = new Counter();
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                counter.Word.Add(1);
            }
        });
        Assert.Equal(40_000, counter.Word.Read());
    }

    [Fact]
    public void A_lock_knows_its_holder_and_excludes_others()
    {
        var exclusive = new ExclusiveLock();
        using (exclusive.Enter())
        {
            Assert.True(exclusive.IsHeldByCurrentThread);
            bool taken = true;
            var other = new Thread(() => taken = exclusive.TryEnter());
            other.Start();
            other.Join();
            Assert.False(taken);
        }

        Assert.False(exclusive.IsHeldByCurrentThread);
        Assert.True(exclusive.TryEnter());
        exclusive.Exit();
    }

    private sealed class Counter
    {
        public SharedInt64 Word;
    }
}
