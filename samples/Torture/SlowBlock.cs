using SwmrKit.Tests;

namespace Torture;

/// <summary>Native memory that can only be freed asynchronously: at once, on another thread, or a while later.</summary>
internal sealed class SlowBlock(NativeBlock block, uint random, Tally tally) : IAsyncDisposable
{
    public bool IsIntact => block.IsIntact;

    /// <summary>Frees it at once: it was never published.</summary>
    public void Discard() => block.Dispose();

    public async ValueTask DisposeAsync()
    {
        switch (random % 3)
        {
            case 0:
                await Task.Yield();
                break;
            case 1:
                await Task.Delay((int)(random % 8));
                break;
        }

        block.Dispose();
        tally.Count(Deed.AsynchronousDisposal);
    }
}
