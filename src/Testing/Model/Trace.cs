using System.Globalization;

namespace SwmrKit.Testing;

/// <summary>What happened in an execution, step by step, for people; and its schedule, for repeating it.</summary>
internal sealed class Trace
{
    private readonly List<string> _lines = [];
    private readonly List<int> _turns = [];
    private readonly List<int> _picks = [];

    public IReadOnlyList<string> Lines => _lines;

    public string Schedule => Replay.Format(_turns, _picks);

    public void NoteTurn(ModelThread thread) => _turns.Add(thread.Id);

    public void NotePick(int pick) => _picks.Add(pick);

    public void Add(ModelThread thread, string verb, Word? value, string remark)
    {
        Operation operation = thread.Next;
        string where = operation.Location is { } location && operation.Kind is not OperationKind.EndThread ? $" #{location.Id}" : "";
        string target = operation.Target is { } other ? $" ({other.Name})" : "";
        string what = $"{verb}{where}{target}{(value is { } known ? $" {known}" : "")}";
        string line = string.Create(CultureInfo.InvariantCulture, $"{_lines.Count + 1,4}  {thread.Name,-12} {what,-34} {operation.Site,-40} {operation.Site.ReadSource()}").TrimEnd();
        _lines.Add(remark.Length == 0 ? line : $"{line}   [{remark}]");
    }
}
