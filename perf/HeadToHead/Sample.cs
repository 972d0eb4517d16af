namespace HeadToHead;

/// <summary>The median of some numbers with a 95 % confidence interval from their order: no assumption on their distribution.</summary>
/// <remarks>The interval's ends are order statistics chosen by the binomial distribution (the sign test's interval).</remarks>
internal readonly record struct Sample(double Low, double Median, double High)
{
    /// <summary>With fewer values not even the least and the greatest enclose the median with the confidence asked for.</summary>
    public const int LeastValues = 6;

    private const double Confidence = 0.95;
    private const int MostValues = 1_000; // Beyond it 0.5 to the n-th power comes close to underflow.

    public double Width => High - Low;

    /// <exception cref="ArgumentOutOfRangeException">Fewer than <see cref="LeastValues"/> values, or more than a thousand.</exception>
    public static Sample Of(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        int n = sorted.Length;
        int rank = LowerRank(n);
        double median = n % 2 == 1 ? sorted[n / 2] : (sorted[(n / 2) - 1] + sorted[n / 2]) / 2;
        return new Sample(sorted[rank], median, sorted[n - 1 - rank]);
    }

    /// <summary>The greatest zero-based rank k such that the median lies between the k-th least and the k-th greatest with the confidence asked for.</summary>
    public static int LowerRank(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, LeastValues);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(n, MostValues);
        double term = Math.Pow(0.5, n); // P(X = 0), X binomial (n, 1/2).
        double tail = term;
        int rank = 0;
        while (2 * (tail + (term * (n - rank) / (rank + 1))) <= 1 - Confidence)
        {
            term *= (double)(n - rank) / (rank + 1);
            tail += term;
            rank++;
        }

        return rank;
    }
}
