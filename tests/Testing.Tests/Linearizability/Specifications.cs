using System.Globalization;
using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>An operation of the objects below: a name and, for some, an argument.</summary>
internal readonly record struct Call(string Name, int Argument = 0)
{
    public override string ToString() => Name is "read" or "dequeue" or "take" or "increment"
        ? Name
        : string.Create(CultureInfo.InvariantCulture, $"{Name}({Argument})");
}

/// <summary>A register, 0 at first: write(v) returns 0, read the last value written.</summary>
internal sealed class RegisterSpecification : SequentialSpecification<int, Call, int>
{
    public override int InitialState => 0;

    public override IEnumerable<(int State, int Result)> Outcomes(int state, Call operation)
        => operation.Name == "write" ? [(operation.Argument, 0)] : [(state, state)];
}

/// <summary>A counter, 0 at first: increment returns the value it makes, read the value.</summary>
internal sealed class CounterSpecification : SequentialSpecification<int, Call, int>
{
    public override int InitialState => 0;

    public override IEnumerable<(int State, int Result)> Outcomes(int state, Call operation)
        => operation.Name == "increment" ? [(state + 1, state + 1)] : [(state, state)];
}

/// <summary>A first-in-first-out queue of digits 1 to 9, as text: enqueue(d) returns 0, dequeue the oldest, or 0 if it is empty.</summary>
internal sealed class QueueSpecification : SequentialSpecification<string, Call, int>
{
    public override string InitialState => "";

    public override IEnumerable<(string State, int Result)> Outcomes(string state, Call operation)
        => operation.Name == "enqueue" ? [(state + operation.Argument.ToString(CultureInfo.InvariantCulture), 0)]
            : state.Length == 0 ? [(state, 0)]
            : [(state[1..], state[0] - '0')];
}

/// <summary>A set of numbers 0 to 31, as bits: add and remove return whether they changed it, contains whether it is there.</summary>
internal sealed class SetSpecification : SequentialSpecification<uint, Call, int>
{
    public override uint InitialState => 0;

    public override IEnumerable<(uint State, int Result)> Outcomes(uint state, Call operation)
    {
        uint bit = 1U << operation.Argument;
        int present = (state & bit) != 0 ? 1 : 0;
        return operation.Name switch
        {
            "add" => [(state | bit, 1 - present)],
            "remove" => [(state & ~bit, present)],
            _ => [(state, present)],
        };
    }
}

/// <summary>A bag of digits: add(d) returns 0, take any of them. Nondeterministic, and take may not be called on an empty bag.</summary>
internal sealed class BagSpecification : SequentialSpecification<string, Call, int>
{
    public override string InitialState => "";

    public override IEnumerable<(string State, int Result)> Outcomes(string state, Call operation)
        => operation.Name == "add"
            ? [(string.Concat((state + operation.Argument.ToString(CultureInfo.InvariantCulture)).Order()), 0)]
            : state.Select((digit, index) => (state.Remove(index, 1), digit - '0'));
}
