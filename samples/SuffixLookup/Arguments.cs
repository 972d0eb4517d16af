using static Samples.OptionReader;

namespace SuffixLookup;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        SuffixLookup: readers look up host names in the Public Suffix List while a writer keeps changing it:
        first in one CopyOnWriteDictionary, changed as fast as it goes and checked by its readers; then in
        native indexes that follow it by its change log, a line for each reload; then in SwmrKit's types and
        what one could use instead, at the same pace for all.

          SuffixLookup [--seconds N] [--readers N] [--list FILE] [--json]
          SuffixLookup [--list FILE] lookup HOST...

          --seconds N   how long to run in all (default 12)
          --readers N   how many threads read (default: the number of processors)
          --list FILE   a list in the format of publicsuffix.org; it is read again while
                        running, and one gone bad is rejected: the rules in force stay
          --json        the last line is one JSON object
          lookup        prints HOST<tab>REGISTRABLE DOMAIN, or - where there is none: a public suffix
                        itself, an address, or not a host name (a trailing dot is an empty label);
                        Unicode names in composed form; options come before it

        Exit code: 0; 1 when a reader met something disposed, saw half of a change or an edit late, or
        allocated for a look-up; 2 for bad arguments or a bad list.
        """;

    public double Seconds { get; init; } = 12;

    public int Readers { get; private init; } = Environment.ProcessorCount;

    public string List { get; private init; } = Path.Combine(AppContext.BaseDirectory, "public_suffix_list.dat");

    public bool Json { get; private init; }

    public bool Help { get; private init; }

    /// <summary>The hosts to look up; null to run the contest.</summary>
    public IReadOnlyList<string>? Hosts { get; private init; }

    /// <exception cref="FormatException">The arguments cannot be understood; the message says which.</exception>
    public static Arguments Parse(ReadOnlySpan<string> args)
    {
        var parsed = new Arguments();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            switch (name)
            {
                case "--seconds":
                    parsed = parsed with { Seconds = Number(args, ref i, 0.5, 86_400) };
                    break;
                case "--readers":
                    parsed = parsed with { Readers = WholeNumber(args, ref i, 1, 1_024) };
                    break;
                case "--list":
                    parsed = parsed with { List = Value(args, ref i) };
                    break;
                case "--json":
                    parsed = parsed with { Json = true };
                    break;
                case "--help" or "-h":
                    return parsed with { Help = true };
                case "lookup":
                    string[] hosts = args[(i + 1)..].ToArray();
                    if (Array.Find(hosts, static host => host.StartsWith("--", StringComparison.Ordinal)) is { } option)
                    {
                        throw new FormatException($"'{option}' is no host; options come before lookup");
                    }

                    return hosts.Length > 0 ? parsed with { Hosts = hosts } : throw new FormatException("lookup takes at least one host");
                default:
                    throw new FormatException($"'{name}' is not understood");
            }
        }

        return parsed;
    }
}
