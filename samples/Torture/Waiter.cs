using SwmrKit;

namespace Torture;

/// <summary>
/// Replaces something of its own and waits for the readers, in each of the ways: when the wait has succeeded, what was replaced before it
/// must have been disposed.
/// </summary>
internal sealed class Waiter(Arena arena) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);

    private readonly SwmrCell<Token> _cell = new(new Token(arena.Tally), arena.Domain);
    private Token? _newest;

    /// <summary>Waits with a thread.</summary>
    public void Run(CancellationToken stop) => arena.Run(() =>
    {
        while (!stop.WaitHandle.WaitOne(s_pause))
        {
            Token? replaced = Replace();
            Note(arena.Domain.Synchronize(s_patience, CancellationToken.None), Deed.Synchronization, replaced);
        }
    });

    /// <summary>Waits without one, for what is pending now or for all of it, and asks who holds it back.</summary>
    public Task RunAsync(CancellationToken stop) => arena.RunAsync(async () =>
    {
        while (!stop.IsCancellationRequested)
        {
            Token? replaced = Replace();
            Note(await arena.Domain.SynchronizeAsync(s_patience, CancellationToken.None), Deed.Synchronization, replaced);
            replaced = Replace();
            Note(await Drain(), Deed.Drain, replaced);
            arena.Domain.TryReclaim();
            _ = arena.Domain.GetStalledReaders(s_pause);
            _ = arena.Domain.Readers.GetActiveReaders();
            await Task.Delay(s_pause, CancellationToken.None);
        }
    });

    public void Dispose() => _cell.Dispose();

    private Token? Replace()
    {
        Token? replaced = _newest;
        _newest = new Token(arena.Tally);
        _cell.Publish(_newest);
        return replaced;
    }

    /// <summary>While writers go on nothing says that it ever ends.</summary>
    private async Task<bool> Drain()
    {
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await arena.Domain.DrainAsync(patience.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Note(bool isOver, Deed deed, Token? replaced)
    {
        arena.Tally.Count(isOver ? deed : Deed.Timeout);
        arena.Tally.Expect(!isOver || replaced is null or { IsDisposed: true });
    }
}
