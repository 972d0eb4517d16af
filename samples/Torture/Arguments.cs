using static Samples.OptionReader;

namespace Torture;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    public const string None = "none";

    public const string Usage = """
        Torture: everything SwmrKit does to what is replaced, at once, in one process, until the time is over.

          Torture [--seconds N] [--readers N] [--variant NAME] [--json]

          --seconds N     how long the main run lasts (default 30)
          --readers N     how many threads read without a pause (default: the number of processors)
          --variant NAME  which broken variant of the source is run before that: one of them, all
                          (the default) or none
          --json          the last line is one JSON object

        Before the main run each broken variant must be seen to free memory under a reader. It has up
        to three attempts, of 2, 6 and 18 seconds, and most need less than one second; the real code
        then has 2 seconds in the same scenario, and must not. With one processor, or where readers
        execute a fence, a variant has one attempt; if it shows nothing that is reported as "no
        power", and is no failure.
        That time comes on top of --seconds.

        Exit code: 0; 1 when memory was freed under a reader or a lease, an account does not balance,
        memory grew, or a broken variant was not caught; 2 for bad arguments.
        """;

    public double Seconds { get; private init; } = 30;

    public int Readers { get; private init; } = Environment.ProcessorCount;

    /// <summary>The names of the broken variants to run.</summary>
    public IReadOnlyList<string> Variants { get; private init; } = Torture.Variants.Names;

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
                    parsed = parsed with { Seconds = Number(args, ref i, 0.5, 604_800) };
                    break;
                case "--readers":
                    parsed = parsed with { Readers = WholeNumber(args, ref i, 1, 256) };
                    break;
                case "--variant":
                    parsed = parsed with { Variants = Variant(Value(args, ref i)) };
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

    private static IReadOnlyList<string> Variant(string name) => name switch
    {
        "all" => Torture.Variants.Names,
        None => [],
        _ when Torture.Variants.Names.Contains(name) => [name],
        _ => throw new FormatException($"--variant takes one of {string.Join(", ", Torture.Variants.Names)}, all or {None}, not '{name}'"),
    };
}
