using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>
/// The protocol of the Rust crate swmr-epoch, modelled: a reader stores the global epoch in its slot and goes on to load the data, with nothing
/// between the two; the writer frees what was retired before the least epoch in any slot. It is not a scenario of ours, and it fails.
/// </summary>
internal sealed class SwmrEpochProtocol
{
    private const long Inactive = long.MaxValue;

    private SharedInt64 _epoch = new(1);
    private SharedInt64 _slot = new(Inactive);
    private SharedReference<Resource> _root = new(new Resource());

    /// <summary>One reader and one writer.</summary>
    /// <param name="lightAndHeavy">With the barriers it lacks: a light one behind the reader's store, a heavy one before the writer looks.</param>
    public static Action Of(bool lightAndHeavy) => () =>
    {
        var protocol = new SwmrEpochProtocol();
        World.Run(("R", () => protocol.Read(lightAndHeavy)), ("W", () => protocol.Replace(lightAndHeavy)));
    };

    private void Read(bool light)
    {
        _slot.Write(_epoch.Read());
        if (light)
        {
            AsymmetricBarrier.Light();
        }

        _root.Read()!.Use();
        _slot.Write(Inactive);
    }

    private void Replace(bool heavy)
    {
        Resource old = _root.ReadRelaxed()!;
        _root.Write(new Resource());
        long retiredAt = _epoch.Add(1) - 1;
        if (heavy)
        {
            AsymmetricBarrier.Heavy();
        }

        if (_slot.Read() > retiredAt)
        {
            old.Dispose();
        }
    }
}
