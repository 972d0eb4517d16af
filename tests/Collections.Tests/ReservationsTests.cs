using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace SwmrKit.Tests;

public sealed class ReservationsTests : IClassFixture<SharedMachine>
{
    /// <summary>The sorted form against the definition: some reservation intersects the item's life.</summary>
    [Property(MaxTest = 2_000)]
    public Property It_holds_exactly_what_some_reservation_intersects(byte[] lowers, byte[] lengths, byte birth, byte life)
    {
        var clock = new EraClock();
        var slots = new List<ReaderSlot>();
        var intervals = new List<(long Lower, long Upper)>();
        for (int i = 0; i < Math.Min(lowers?.Length ?? 0, lengths?.Length ?? 0); i++)
        {
            (long lower, long upper) = (1 + (lowers![i] % 40), 1 + (lowers[i] % 40) + (lengths![i] % 8));
            var slot = new ReaderSlot(new EraClock());
            Enter(slot, lower, upper);
            slots.Add(slot);
            intervals.Add((lower, upper));
            slots.Add(new ReaderSlot(clock)); // One that is outside.
        }

        long tag = (birth % 48) + (life % 8);
        var reservations = new Reservations();
        reservations.Read([.. slots], now: 0);
        bool expected = intervals.Exists(interval => interval.Lower <= tag && interval.Upper >= birth % 48);
        return (reservations.Hold(birth % 48, tag) == expected).ToProperty();
    }

    private static void Enter(ReaderSlot slot, long lower, long upper)
    {
        Advance(slot.Clock, lower);
        slot.Enter(slot.Clock.Now);
        Advance(slot.Clock, upper);
        slot.RaiseUpper();
    }

    private static void Advance(EraClock clock, long era)
    {
        while (clock.Now < era)
        {
            clock.AdvanceUnderGate();
        }
    }
}
