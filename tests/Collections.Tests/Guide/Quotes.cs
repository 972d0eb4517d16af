namespace SwmrKit.Tests.Guide;

/// <summary>The code of docs/guide.md for a value of several words.</summary>
public sealed class Quotes : IClassFixture<SharedMachine>
{
    private readonly record struct Quote(long Bid, long Ask, DateTime At);

    [Fact]
    public void What_the_guide_shows_of_a_value_of_several_words_is_so()
    {
        var quote = new SeqLockCell<Quote>(new Quote(0, 0, default));

        void Tick(long bid, long ask) => quote.Write(new Quote(bid, ask, DateTime.UtcNow));  // allocates nothing

        long Spread()
        {
            Quote read = quote.Read();                                           // all of one tick, never half of the next
            return read.Ask - read.Bid;
        }

        void Widen(long by) => quote.Update(by, static (ref value, by) => value = value with { Ask = value.Ask + by });   // what it finds, one writer at a time

        Tick(100, 103);
        Assert.Equal(3, Spread());
        Widen(2);
        Assert.Equal(5, Spread());
        Assert.Equal(100, quote.Read().Bid);
    }
}
