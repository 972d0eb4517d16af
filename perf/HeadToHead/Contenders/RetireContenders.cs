using SwmrKit;
using SwmrKit.Memory;

namespace HeadToHead;

/// <summary>Retires one object after another, with a static action, while a reader enters and leaves all the time.</summary>
/// <remarks>Every 64th retirement runs the pass: the heavy barrier that interrupts the reader, the scan, the callbacks. So it is an item's whole cost.</remarks>
internal sealed class RetireUnderReader : Contender
{
    private readonly RetirementDomain _domain = new(new RetirementOptions { BatchSize = 64 });
    private readonly Payload _retired = new();
    private readonly BusyThread _reader;
    private SharedReference<Payload> _shared = new(new Payload());

    public RetireUnderReader()
        : base("retire")
    {
        _reader = new BusyThread(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                using ReadGuard guard = _domain.Enter();
                Consume(guard.Protect(ref _shared)!.Value);
            }
        });
    }

    public override void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            _domain.Retire(_retired, static retired => retired.Value++);
        }
    }

    public override void Dispose()
    {
        _reader.Dispose();
        _domain.Dispose();
    }
}

/// <summary>One look of the reclaimer at 1,024 readers, half of them inside: since a few eras, as a rule, or each since one of its own, which is the most there is to sort.</summary>
internal sealed class ScanReservations : Contender
{
    public const int UsualEras = 8;
    public const int MostEras = Readers / 2;

    private const int Readers = 1_024;

    private readonly ReaderRegistry _registry = new();
    private readonly ReaderHandle[] _readers;
    private readonly Reservations _reservations = new();

    public ScanReservations(int eras)
        : base(eras == UsualEras ? "scan" : "an era each")
    {
        _readers = [.. Enumerable.Range(0, Readers).Select(_ => _registry.Register())];
        ReaderHandle[] inside = [.. _readers];
        new Random(1).Shuffle(inside);
        int entered = 0;
        foreach (ReaderHandle reader in inside[..(Readers / 2)])
        {
            if (entered++ % (inside.Length / 2 / eras) == 0)
            {
                _registry.Advance();
            }

#pragma warning disable SWMR004 // Never left: the guard is dropped.
            _ = reader.Enter();
#pragma warning restore SWMR004
        }
    }

    public override void Run(int iterations)
    {
        long held = 0;
        for (int i = 0; i < iterations; i++)
        {
            _reservations.Read(_registry.Slots, now: i);
            held += _reservations.Hold(birth: 0, tag: long.MaxValue) ? 1 : 0;
        }

        Consume(held);
        GC.KeepAlive(_readers);
    }
}
