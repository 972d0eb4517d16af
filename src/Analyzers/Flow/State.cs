using System;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace SwmrKit.Analyzers.Flow;

/// <summary>What may be the case with a guard, on the paths that lead here.</summary>
[Flags]
internal enum GuardStates
{
    Open = 1,
    Closed = 2,

    /// <summary>It has not been entered: <c>default</c>, or null.</summary>
    Absent = 4,

    /// <summary>It is a parameter: open, and somebody else's to dispose.</summary>
    Lent = 8,
}

/// <summary>A guard or lease in a variable.</summary>
internal readonly struct GuardState(GuardStates states, IOperation? created)
{
    public GuardStates States { get; } = states;

    /// <summary>The call that returned it.</summary>
    public IOperation? Created { get; } = created;

    /// <summary>Open on a path. One that is entered on some paths only, and disposed on some, is taken to be so on the same ones.</summary>
    public bool MayBeLeftOpen => States.HasFlag(GuardStates.Open)
        && (!States.HasFlag(GuardStates.Absent) || !States.HasFlag(GuardStates.Closed));

    public bool IsOpen => States is GuardStates.Open or GuardStates.Lent;
}

/// <summary>What is known at one point of a body. Immutable.</summary>
internal sealed class State
{
    public static readonly State Empty = new(
        ImmutableDictionary<Place, Value>.Empty,
        ImmutableDictionary<Place, GuardState>.Empty,
        ImmutableDictionary<Place, bool>.Empty);

    private State(ImmutableDictionary<Place, Value> values, ImmutableDictionary<Place, GuardState> guards, ImmutableDictionary<Place, bool> handles)
    {
        Values = values;
        Guards = guards;
        Handles = handles;
    }

    /// <summary>What variables hold.</summary>
    public ImmutableDictionary<Place, Value> Values { get; }

    public ImmutableDictionary<Place, GuardState> Guards { get; }

    /// <summary>The reader handles of an asynchronous body, and whether it may have gone to another thread since they were registered.</summary>
    public ImmutableDictionary<Place, bool> Handles { get; }

    public State WithValue(Place place, Value value) => new(value.IsNothing ? Values.Remove(place) : Values.SetItem(place, value), Guards, Handles);

    public State WithGuard(Place place, GuardStates states, IOperation? created) =>
        new(Values, Guards.SetItem(place, new GuardState(states, created)), Handles);

    public State WithoutGuard(Place place) => new(Values, Guards.Remove(place), Handles);

    /// <summary>What is known where an exception is caught: of a guard on its way into a variable, nothing.</summary>
    public State WithoutTemporaries() => Guards.Keys.Any(static place => place.IsTemporary)
        ? new(Values, Guards.RemoveRange(Guards.Keys.Where(static place => place.IsTemporary)), Handles)
        : this;

    public State WithHandle(Place place) => new(Values, Guards, Handles.SetItem(place, false));

    public State AfterAwait() => Handles.IsEmpty ? this : new(Values, Guards, Handles.ToImmutableDictionary(static one => one.Key, static _ => true));

    /// <summary>Changes what is known of everything that was read under a guard; null takes it away.</summary>
    public State WithHolds(Place guard, Func<Hold, Hold?> change)
    {
        State state = this;
        foreach (var one in Values)
        {
            if (one.Value.Holds.Any(hold => hold.Guard.Equals(guard)))
            {
                var holds = one.Value.Holds.Select(hold => hold.Guard.Equals(guard) ? change(hold) : hold).Where(static hold => hold is not null);
                state = state.WithValue(one.Key, new Value([.. holds!], one.Value.Created, one.Value.Guard));
            }
        }

        return state;
    }

    /// <summary>What is known where two ways meet.</summary>
    public State And(State other)
    {
        ImmutableDictionary<Place, Value> values = Values;
        foreach (var one in other.Values)
        {
            values = values.SetItem(one.Key, values.TryGetValue(one.Key, out Value mine) ? mine.And(one.Value) : one.Value);
        }

        ImmutableDictionary<Place, GuardState> guards = Guards;
        foreach (var one in other.Guards)
        {
            guards = guards.SetItem(
                one.Key,
                guards.TryGetValue(one.Key, out GuardState mine) ? new(mine.States | one.Value.States, mine.Created ?? one.Value.Created) : one.Value);
        }

        ImmutableDictionary<Place, bool> handles = Handles;
        foreach (var one in other.Handles)
        {
            handles = handles.SetItem(one.Key, one.Value || (handles.TryGetValue(one.Key, out bool mine) && mine));
        }

        return new State(values, guards, handles);
    }

    public bool Is(State other) => Values.Count == other.Values.Count && Guards.Count == other.Guards.Count && Handles.Count == other.Handles.Count
        && Values.All(one => other.Values.TryGetValue(one.Key, out Value value) && one.Value.Is(value))
        && Guards.All(one => other.Guards.TryGetValue(one.Key, out GuardState guard) && guard.States == one.Value.States)
        && Handles.All(one => other.Handles.TryGetValue(one.Key, out bool crossed) && crossed == one.Value);
}
