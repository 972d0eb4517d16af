namespace SwmrKit.Testing;

/// <summary>
/// What one iteration of a litmus test works on: two shared words on lines of their own and three registers, all zero at first.
/// Every access is a plain one; the order is the fence's business.
/// </summary>
public readonly ref struct LitmusCell
{
    private readonly ref long _x;
    private readonly ref long _y;
    private readonly ref long _r0;
    private readonly ref long _r1;
    private readonly ref long _r2;

    internal LitmusCell(ref long x, ref long y, ref long r0, ref long r1, ref long r2)
    {
        _x = ref x;
        _y = ref y;
        _r0 = ref r0;
        _r1 = ref r1;
        _r2 = ref r2;
    }

    /// <summary>The first shared word.</summary>
    public ref long X => ref _x;

    /// <summary>The second shared word.</summary>
    public ref long Y => ref _y;

    /// <summary>A register: written by one side only, after its accesses.</summary>
    public ref long R0 => ref _r0;

    /// <summary>A register: written by one side only, after its accesses.</summary>
    public ref long R1 => ref _r1;

    /// <summary>A register for what a side reads without its being part of the outcome, so that the compiler keeps the read.</summary>
    public ref long R2 => ref _r2;
}
