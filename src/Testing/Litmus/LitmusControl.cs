namespace SwmrKit.Testing;

/// <summary>
/// Whether a litmus test could have failed: "never seen" means something only beside a control, the same test without the
/// fence in question, that was seen to fail.
/// </summary>
public static class LitmusControl
{
    private const int Attempts = 3;

    /// <summary>Whether this machine can show a reordering at all: it takes two processors.</summary>
    public static bool MachineHasPower => Environment.ProcessorCount >= 2;

    /// <summary>Runs a control, up to three times and longer each time, until it shows a forbidden outcome.</summary>
    /// <param name="run">Runs the control with the given options.</param>
    /// <param name="options">The options of the first attempt; the duration is doubled for each further one.</param>
    /// <returns>The last attempt's result; one without a forbidden outcome means that the test has no power here.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static LitmusResult RunUntilSeen(Func<LitmusOptions, LitmusResult> run, LitmusOptions options)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(options);
        LitmusResult result = run(options);
        for (int attempt = 1; attempt < Attempts && result.Forbidden == 0; attempt++)
        {
            options = options with { Duration = options.Duration * 2, Seed = options.Seed + 1 };
            result = run(options);
        }

        return result;
    }
}
