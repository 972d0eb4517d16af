using static Samples.OptionReader;

namespace CertificateRotation;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        CertificateRotation: an HTTPS server whose certificate is replaced, and disposed, under load.
        It comes from a file that settings name; both files are watched.

          CertificateRotation [--seconds N] [--clients N] [--rotate-every MS] [--naive] [--json]

          --seconds N        how long to run (default 10)
          --clients N        how many clients send requests, each without a pause, and beside them
                             uploads, which take their time (default 4)
          --rotate-every MS  milliseconds from one certificate to the next (default 100)
          --naive            dispose the old certificate at once, as people do, to see what fails
          --json             the last line is one JSON object

        An upload is signed with the key in force when it began: the server holds a lease of the
        certificate while the text comes, and the table counts those that outlived it.

        Exit code: 0; 1 when a request failed, or an old certificate was used after its disposal,
        or not disposed exactly once and within five seconds; 2 for bad arguments.
        """;

    public double Seconds { get; private init; } = 10;

    public int Clients { get; private init; } = 4;

    public TimeSpan RotateEvery { get; private init; } = TimeSpan.FromMilliseconds(100);

    public bool Naive { get; private init; }

    public bool Json { get; private init; }

    public bool Help { get; private init; }

    /// <exception cref="FormatException">The arguments cannot be understood; the message says which.</exception>
    public static Arguments Parse(ReadOnlySpan<string> args)
    {
        var parsed = new Arguments();
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--seconds":
                    parsed = parsed with { Seconds = Number(args, ref i, 0.5, 3_600) };
                    break;
                case "--clients":
                    parsed = parsed with { Clients = WholeNumber(args, ref i, 1, 256) };
                    break;
                case "--rotate-every":
                    parsed = parsed with { RotateEvery = TimeSpan.FromMilliseconds(WholeNumber(args, ref i, 5, 60_000)) };
                    break;
                case "--naive":
                    parsed = parsed with { Naive = true };
                    break;
                case "--json":
                    parsed = parsed with { Json = true };
                    break;
                case "--help" or "-h":
                    return parsed with { Help = true };
                default:
                    throw new FormatException($"'{args[i]}' is not understood");
            }
        }

        return parsed;
    }
}
