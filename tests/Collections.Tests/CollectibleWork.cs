using System.Buffers;

namespace SwmrKit.Tests;

/// <summary>What <see cref="CollectibleContextTests"/> do inside a collectible load context, on types of that context.</summary>
public static class CollectibleWork
{
    public static void UseAndDispose()
    {
        var domain = new RetirementDomain();
        var cell = new SwmrCell<Resource>(new Resource(), domain);
        Use(domain, cell);
        cell.Dispose();
        domain.Dispose();
        Require(domain.Statistics.Pending == 0, "something is still pending");
    }

    public static void UseAndDrop()
    {
        var domain = new RetirementDomain();
        var cell = new SwmrCell<Resource>(new Resource(), domain);
        Use(domain, cell);
        domain.Register("dropped");
        domain.Retire(new Resource()); // The timer's.
    }

    /// <summary>Has objects, states, actions and arrays of this context reclaimed by a domain of another.</summary>
    public static void RetireInto(RetirementDomain domain)
    {
        using (var cell = new SwmrCell<Resource>(new Resource(), domain))
        {
            Use(domain, cell);
            (cell.Exchange(new Resource()) ?? throw new InvalidOperationException("nothing was exchanged")).Retire();
        }

        RetireOnly(domain);
        using (RetirementReservation room = domain.Reserve())
        {
            room.Retire(new Resource());
        }

        Require(domain.Synchronize(TimeSpan.FromSeconds(60)), "the domain did not drain");
    }

    public static void RetireOnly(RetirementDomain domain)
    {
        domain.Retire(new Resource(), static resource => resource.Dispose());
        domain.Retire((IAsyncDisposable)new Resource());
        domain.Retire(new Resource[16], ArrayPool<Resource>.Create());
    }

    private static void Use(RetirementDomain domain, SwmrCell<Resource> cell)
    {
        Read();
        Thread[] threads = [new(Read), new(Read)];
        Array.ForEach(threads, static thread => thread.Start());
        for (int i = 0; i < 200; i++)
        {
            cell.Publish(new Resource());
        }

        Array.ForEach(threads, static thread => thread.Join());
        Read();

        void Read()
        {
            using ReaderHandle handle = domain.Register();
            for (int i = 0; i < 100; i++)
            {
                using CellRead<Resource> implicitly = cell.Read();
                using CellRead<Resource> explicitly = cell.Read(handle);
                using Lease<Resource> taken = cell.Lease();
                using Lease<Resource> promoted = explicitly.Lease();
                Require(implicitly.Value.IsAlive && explicitly.Value.IsAlive, "disposed under a reader");
                Require(taken.Value.IsAlive && promoted.Value.IsAlive, "disposed under a lease");
            }
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException(otherwise);
        }
    }

    /// <summary>A type of the context.</summary>
    public sealed class Resource : IDisposable, IAsyncDisposable
    {
        private SharedInt32 _disposed;

        public bool IsAlive => _disposed.Read() == 0;

        public void Dispose() => _disposed.Write(1);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
