using System.Globalization;
using System.Text.RegularExpressions;

namespace SwmrKit.Tests;

/// <summary>The x64 machine code of one method, as objdump prints it, and the way a reader takes through it.</summary>
internal sealed partial class MachineCode
{
    private readonly List<Instruction> _code = [];
    private readonly Dictionary<ulong, int> _at = [];

    public MachineCode(string listing)
    {
        foreach (Match line in Line().Matches(listing))
        {
            ulong address = ulong.Parse(line.Groups["address"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _at[address] = _code.Count;
            _code.Add(new Instruction(line.Groups["text"].Value.Trim()));
        }
    }

    public bool IsEmpty => _code.Count == 0;

    public int Fences => _code.Count(static instruction => instruction.IsFence);

    public int Strategies => _code.Count(static instruction => instruction.IsStrategy);

    /// <summary>Whether a reader that knows light barriers to be free can come by a fence.</summary>
    public bool DecidedReaderFences => Reach(0, decided: true).Any(index => _code[index].IsFence);

    /// <summary>Whether the first thing a reader does that finds the strategy undecided is a fence.</summary>
    public bool UndecidedReaderFencesAtOnce
    {
        get
        {
            int compare = _code.FindIndex(static instruction => instruction.IsStrategy);
            int next = compare < 0 ? -1 : Successors(compare + 1, decided: false).Single();
            while (next >= 0 && _code[next].Name == "jmp")
            {
                next = Target(next);
            }

            return next >= 0 && _code[next].IsFence;
        }
    }

    private HashSet<int> Reach(int entry, bool decided)
    {
        var reached = new HashSet<int>();
        var open = new Stack<int>([entry]);
        while (open.TryPop(out int index))
        {
            if (index < _code.Count && reached.Add(index))
            {
                foreach (int next in Successors(index, decided))
                {
                    open.Push(next);
                }
            }
        }

        return reached;
    }

    /// <summary>What may come next; behind the look at the strategy, only where that reader goes.</summary>
    private int[] Successors(int index, bool decided)
    {
        Instruction instruction = _code[index];
        if (instruction.Name is "ret" or "int3" or "ud2")
        {
            return [];
        }

        if (instruction.Name == "jmp")
        {
            return Target(index) is var target and >= 0 ? [target] : [];
        }

        if (instruction.Name[0] != 'j')
        {
            return [index + 1];
        }

        if (index > 0 && _code[index - 1].IsStrategy)
        {
            // The byte is compared with 0, which means undecided: fence.
            Assert.True(instruction.Name is "je" or "jne", instruction.Text);
            return [(instruction.Name == "je") == decided ? index + 1 : Target(index)];
        }

        return Target(index) is var branch and >= 0 ? [index + 1, branch] : [index + 1];
    }

    /// <summary>The index of the instruction jumped to, or -1 outside the method.</summary>
    private int Target(int index) =>
        Jump().Match(_code[index].Text) is { Success: true } jump
        && _at.TryGetValue(ulong.Parse(jump.Groups["target"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture), out int target) ? target : -1;

    private readonly record struct Instruction(string Text)
    {
        public string Name => Text.Split(' ', 2)[0];

        public bool IsFence => Name is "lock" or "mfence" or "lfence" or "sfence" or "xchg";

        public bool IsStrategy => Name == "cmp" && Text.Contains("LightStrategy_Published", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\s*(?<address>[0-9a-f]+):\s+(?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"^j\w+\s+(?<target>[0-9a-f]+)")]
    private static partial Regex Jump();
}
