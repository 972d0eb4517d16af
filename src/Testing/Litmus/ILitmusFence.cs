namespace SwmrKit.Testing;

/// <summary>
/// What one side of a litmus test executes between its two accesses. Implement it by a struct: each pair of fences then gets
/// machine code of its own, with nothing around the fence.
/// </summary>
public interface ILitmusFence
{
    /// <summary>Executes the fence.</summary>
    static abstract void Execute();
}
