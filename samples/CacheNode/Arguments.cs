using static Samples.OptionReader;

namespace CacheNode;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        CacheNode: one node of a service that reads pages through a memory cache. A few pages are
        asked for most of the time; each costs some milliseconds to make, and is good for a while.

          CacheNode [--seconds N] [--clients N] [--pages N] [--keep MS] [--room N] [--microsoft] [--json]

          --seconds N   how long to run (default 10)
          --clients N   how many clients ask, each without a pause (default 16)
          --pages N     how many pages there are (default 20000)
          --keep MS     milliseconds a page is good for (default 2000)
          --room N      how many there is room for; the cache makes room when it is full (default 1000)
          --microsoft   Microsoft's MemoryCache, and its GetOrCreate, in the place of ours
          --json        the last line is one JSON object

        Exit code: 0; 1 when a page was older than it is good for, or was made twice at the same
        time, or there were more pages in the cache than there is room for, or the books of entries
        do not balance; 2 for bad arguments. Microsoft's cache is known to make pages twice.
        """;

    public double Seconds { get; private init; } = 10;

    public int Clients { get; private init; } = 16;

    public int Pages { get; private init; } = 20_000;

    public TimeSpan Keep { get; private init; } = TimeSpan.FromSeconds(2);

    public int Room { get; private init; } = 1_000;

    public bool Microsoft { get; private init; }

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
                    parsed = parsed with { Seconds = Number(args, ref i, 0.5, 86_400) };
                    break;
                case "--clients":
                    parsed = parsed with { Clients = WholeNumber(args, ref i, 1, 256) };
                    break;
                case "--pages":
                    parsed = parsed with { Pages = WholeNumber(args, ref i, 1, 10_000_000) };
                    break;
                case "--keep":
                    parsed = parsed with { Keep = TimeSpan.FromMilliseconds(WholeNumber(args, ref i, 50, 3_600_000)) };
                    break;
                case "--room":
                    parsed = parsed with { Room = WholeNumber(args, ref i, 1, 10_000_000) };
                    break;
                case "--microsoft":
                    parsed = parsed with { Microsoft = true };
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
