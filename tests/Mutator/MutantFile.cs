using Microsoft.CodeAnalysis.CSharp;

namespace SwmrKit.Mutator;

/// <summary>A mutant: one deliberate fault, as a patch of the sources, and the scenario in which it must be caught.</summary>
/// <remarks>
/// <para>The file's name is the mutant's, an identifier. It reads</para>
/// <code>
/// # What is broken, and why that must be caught: one or more lines.
/// scenario: DisposalStress.Run
/// file: Reclaimer.cs
///          _heavyBarriers.Add(1);
/// -        _heavy(); // O1: pairs with ReaderSlot.Enter and RaiseUpper.
/// +        Interlocked.MemoryBarrier();
/// </code>
/// <para><b>Hunks.</b> An unbroken run of lines that begin with '-', '+' or a space is a hunk of the file named last. Its '-' and ' '
/// lines must be found there together exactly once, and its '+' and ' ' lines take their place. Lines are compared without the
/// white space at their ends; blank lines between those found do not count. An empty line ends the hunk, and so does any of the
/// other kinds. Hunks are applied in their order, and there may be several, of several files.</para>
/// <para><b>Nothing is guessed.</b> A hunk that is not found, or found twice, or changes nothing, a file that is not among the
/// sources, an unknown key, a missing part: each is an error at its line.</para>
/// <para><c>scenario</c> names a static member as seen from the sources' own namespace; the mutant's copy of it is run.</para>
/// </remarks>
internal sealed class MutantFile
{
    private readonly List<string> _prose = [];
    private readonly List<Hunk> _hunks = [];

    private MutantFile(string name) => Name = name;

    public string Name { get; }

    public string Prose => string.Join(" ", _prose);

    public string Scenario { get; private set; } = "";

    /// <summary>The files it patches.</summary>
    public IEnumerable<string> Files => _hunks.Select(static hunk => hunk.File);

    /// <summary>Where the scenario is named, from 0.</summary>
    public int ScenarioLine { get; private set; }

    /// <exception cref="MutantException">It does not read as described.</exception>
    public static MutantFile Parse(string name, IReadOnlyList<string> lines)
    {
        Require(SyntaxFacts.IsValidIdentifier(name), 0, $"a mutant's name becomes a namespace, and '{name}' is no identifier");
        var mutant = new MutantFile(name);
        string? file = null;
        Hunk? hunk = null;
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i].TrimEnd();
            if (lines[i].Length > 0 && lines[i][0] is '-' or '+' or ' ')
            {
                Require(file is not null, i, "a hunk belongs under a 'file:'");
                if (hunk is null)
                {
                    mutant._hunks.Add(hunk = new Hunk(file!, i));
                }

                hunk.Add(lines[i][0], lines[i].Substring(1).TrimEnd());
                continue;
            }

            hunk = null;
            if (line.StartsWith("#", StringComparison.Ordinal))
            {
                mutant._prose.Add(line.Substring(1).Trim());
            }
            else if (line.Length > 0)
            {
                int colon = line.IndexOf(':');
                string key = colon < 0 ? line : line.Substring(0, colon);
                string value = line.Substring(colon + 1).Trim();
                Require(key is "scenario" or "file", i, $"unknown key '{key}'; there are 'scenario:' and 'file:'");
                Require(value.Length > 0 && colon >= 0, i, $"'{key}:' needs a value");
                if (key == "file")
                {
                    file = value;
                    continue;
                }

                Require(mutant.Scenario.Length == 0, i, "a mutant has one scenario");
                (mutant.Scenario, mutant.ScenarioLine) = (value, i);
            }
        }

        Require(mutant.Prose.Length > 0, 0, "a '#' line must say what is broken and why that must be caught");
        Require(mutant.Scenario.Length > 0, 0, "a 'scenario:' must say where it is caught");
        Require(mutant._hunks.Count > 0, 0, "there is no hunk: nothing is broken");
        mutant._hunks.ForEach(static hunk => hunk.Validate());
        return mutant;
    }

    /// <summary>Patches the sources.</summary>
    /// <param name="sources">The lines of each, by file name; the lists are changed.</param>
    /// <exception cref="MutantException">A hunk does not apply exactly once.</exception>
    public void Apply(IReadOnlyDictionary<string, List<string>> sources)
    {
        foreach (Hunk hunk in _hunks)
        {
            Require(sources.TryGetValue(hunk.File, out List<string>? lines), hunk.Line, $"'{hunk.File}' is not among the sources");
            hunk.Apply(lines!);
        }
    }

    private static void Require(bool condition, int line, string otherwise)
    {
        if (!condition)
        {
            throw new MutantException(line, otherwise);
        }
    }

    private sealed class Hunk(string file, int line)
    {
        private readonly List<string> _find = [];
        private readonly List<string> _replace = [];

        public string File { get; } = file;

        public int Line { get; } = line;

        public void Add(char kind, string text)
        {
            if (kind != '+' && text.Trim().Length > 0)
            {
                _find.Add(text.Trim());
            }

            if (kind != '-')
            {
                _replace.Add(text);
            }
        }

        public void Validate()
        {
            Require(_find.Count > 0, Line, "a hunk needs a '-' or ' ' line to be found by");
            Require(!_find.SequenceEqual(_replace.Select(static text => text.Trim()).Where(static text => text.Length > 0)), Line, "the hunk changes nothing");
        }

        public void Apply(List<string> lines)
        {
            int[] solid = [.. Enumerable.Range(0, lines.Count).Where(i => lines[i].Trim().Length > 0)];
            int[] found =
            [
                .. Enumerable.Range(0, Math.Max(0, solid.Length - _find.Count + 1))
                    .Where(at => Enumerable.Range(0, _find.Count).All(k => lines[solid[at + k]].Trim() == _find[k])),
            ];
            Require(found.Length > 0, Line, $"the hunk does not apply: its text is not in {File}");
            Require(found.Length == 1, Line, $"the hunk applies {found.Length} times in {File}: add lines around it");
            int first = solid[found[0]];
            int last = solid[found[0] + _find.Count - 1];
            lines.RemoveRange(first, last - first + 1);
            lines.InsertRange(first, _replace);
        }
    }
}
