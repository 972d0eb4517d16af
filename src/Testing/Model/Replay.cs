using System.Globalization;
using System.Text;

namespace SwmrKit.Testing;

/// <summary>
/// Repeats one execution from its schedule: whose operation comes when, and what the reads find. It names every turn, so that it
/// holds whatever bound or reduction found it.
/// </summary>
/// <remarks>The form: <c>turns/picks</c>; turns as <c>thread*count</c>, picks as numbers, both joined by dots.</remarks>
internal sealed class Replay : Strategy
{
    private readonly List<int> _turns = [];
    private readonly List<int> _picks = [];
    private int _turn;
    private int _pick;

    /// <exception cref="FormatException">It is no schedule.</exception>
    public Replay(string schedule)
    {
        string[] parts = schedule.Split('/');
        if (parts.Length != 2)
        {
            throw new FormatException($"'{schedule}' is no schedule: turns/picks, as a failure prints it.");
        }

        foreach (string run in parts[0].Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = run.Split('*');
            int count = pair.Length == 2 ? Number(pair[1]) : 1;
            _turns.AddRange(Enumerable.Repeat(Number(pair[0]), count));
        }

        _picks.AddRange(parts[1].Split('.', StringSplitOptions.RemoveEmptyEntries).Select(Number));
    }

    public override bool IsReplay => true;

    public override bool DecidesAt(bool isShared) => true;

    public override void Performs(ModelThread thread) => _turn++;

    public override int PickThread(IReadOnlyList<ModelThread> candidates)
    {
        if (_turn >= _turns.Count)
        {
            return 0;
        }

        for (int i = 0; i < candidates.Count; i++)
        {
            if (candidates[i].Id == _turns[_turn])
            {
                return i;
            }
        }

        throw new InvalidOperationException($"The schedule does not fit the scenario: thread {_turns[_turn]} cannot go on at turn {_turn}.");
    }

    public override int Pick(int alternatives)
    {
        int pick = _pick < _picks.Count ? _picks[_pick++] : 0;
        return pick < alternatives ? pick : throw new InvalidOperationException($"The schedule does not fit the scenario: there are {alternatives} outcomes, not {pick + 1}.");
    }

    /// <summary>Writes a schedule.</summary>
    public static string Format(IReadOnlyList<int> turns, IReadOnlyList<int> picks)
    {
        var text = new StringBuilder();
        for (int i = 0; i < turns.Count;)
        {
            int count = 1;
            while (i + count < turns.Count && turns[i + count] == turns[i])
            {
                count++;
            }

            text.Append(i == 0 ? "" : ".").Append(CultureInfo.InvariantCulture, $"{turns[i]}*{count}");
            i += count;
        }

        return text.Append('/').AppendJoin('.', picks).ToString();
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new FormatException($"'{text}' in a schedule is no number.");
}
