namespace SwmrKit.Tests;

public sealed class AsymmetricBarrierTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void This_host_has_a_tier_and_describes_it()
    {
        AsymmetricBarrier.Heavy();
        AsymmetricBarrier.Light();
        Assert.NotEqual(BarrierTier.Unavailable, AsymmetricBarrier.Tier);
        Assert.Contains(AsymmetricBarrier.Tier.ToString(), AsymmetricBarrier.Describe(), StringComparison.Ordinal);
        Assert.Equal(AsymmetricBarrier.Tier != BarrierTier.FullFence, AsymmetricBarrier.IsAccelerated);
    }

    [Fact]
    public void Both_barriers_allocate_nothing()
    {
        AsymmetricBarrier.Heavy();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            AsymmetricBarrier.Light();
            AsymmetricBarrier.Heavy();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Heavy_barriers_from_many_threads_at_once_all_return()
    {
        int returned = 0;
        Parallel.For(0, 64, _ =>
        {
            AsymmetricBarrier.Heavy();
            Interlocked.Increment(ref returned);
        });
        Assert.Equal(64, returned);
    }
}
