using SwmrKit;

namespace HeadToHead;

/// <summary>Takes a lease of a cell's value, reads one field, and disposes it.</summary>
internal sealed class CellLease() : Contender("lease")
{
    private readonly SwmrCell<Payload> _cell = new(new Payload(), new RetirementDomain());

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using Lease<Payload> lease = _cell.Lease();
            sum += lease.Value.Value;
        }

        Consume(sum);
    }
}

/// <summary>As <see cref="CellLease"/>, made from a read.</summary>
internal sealed class PromotedLease() : Contender("promotion")
{
    private readonly SwmrCell<Payload> _cell = new(new Payload(), new RetirementDomain());

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using Lease<Payload> lease = Promote();
            sum += lease.Value.Value;
        }

        Consume(sum);
    }

    private Lease<Payload> Promote()
    {
        using CellRead<Payload> read = _cell.Read();
        return read.Lease();
    }
}
