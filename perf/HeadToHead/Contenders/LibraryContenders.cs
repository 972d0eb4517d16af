using BitFaster.Caching;
using DotNext.Threading;
using FASTER.core;
using SwmrKit.Memory;

namespace HeadToHead;

/// <summary>The epochs of FASTER, on which its log and store stand: Resume and Suspend around the section.</summary>
/// <remarks>
/// That pair is how FASTER's own sessions enter and leave (BeginUnsafe, EndUnsafe). ProtectAndDrain alone would be faster, but it
/// refreshes a section that stays open: a thread that stopped calling it would hold back everything from then on.
/// </remarks>
internal sealed class LightEpochRead() : Contender("FASTER LightEpoch")
{
    private readonly LightEpoch _epoch = new();
    private SharedReference<Payload> _shared = new(new Payload());

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            _epoch.Resume();
            sum += _shared.Read()!.Value;
            _epoch.Suspend();
        }

        Consume(sum);
    }

    public override void Dispose() => _epoch.Dispose();
}

/// <summary>DotNext's epoch-based reclamation: a scope from Enter(), which its documentation recommends to readers, for it runs no deferred action.</summary>
internal sealed class DotNextEpochRead() : Contender("DotNext Epoch")
{
    private readonly Epoch _epoch = new();
    private SharedReference<Payload> _shared = new(new Payload());

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using Epoch.Scope scope = _epoch.Enter();
            sum += _shared.Read()!.Value;
        }

        Consume(sum);
    }
}

/// <summary>
/// BitFaster's counted value: a lifetime from CreateLifetime, the only way to its value. TryCreateLifetime does the same and returns
/// false instead of throwing; the caches' ScopedTryGet and ScopedGetOrAdd do it after a look-up.
/// </summary>
internal sealed class ScopedRead() : Contender("BitFaster Scoped")
{
    private readonly Scoped<Payload> _scoped = new(new Payload());

    public override void Run(int iterations)
    {
        long sum = 0;
        for (int i = 0; i < iterations; i++)
        {
            using Lifetime<Payload> lifetime = _scoped.CreateLifetime();
            sum += lifetime.Value.Value;
        }

        Consume(sum);
    }

    public override void Dispose() => _scoped.Dispose();
}
