namespace SwmrKit.Testing;

/// <summary>128 bits that stand for something; of two different things they are the same with a probability of 2^-128 a pair.</summary>
internal readonly record struct Fingerprint(ulong Low, ulong High)
{
    /// <summary>This, followed by something.</summary>
    public Fingerprint Then(Fingerprint next) => new(Mixed((Low * 0x9E3779B97F4A7C15) + next.Low), Mixed((High * 0xD6E8FEB86659FD93) + next.High));

    public Fingerprint Then(ulong next) => Then(new Fingerprint(next, next));

    /// <summary>The two together, in no order.</summary>
    public static Fingerprint operator +(Fingerprint a, Fingerprint b) => new(a.Low + b.Low, a.High + b.High);

    public static Fingerprint operator -(Fingerprint a, Fingerprint b) => new(a.Low - b.Low, a.High - b.High);

    /// <summary>The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).</summary>
    private static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
