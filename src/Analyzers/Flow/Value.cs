using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace SwmrKit.Analyzers.Flow;

/// <summary>How an expression holds what was read under a guard.</summary>
internal enum HoldKind
{
    /// <summary>It is the reference itself.</summary>
    Reference,

    /// <summary>It has the reference inside: an array, a collection, a tuple, a delegate that captured it.</summary>
    Container,

    /// <summary>It is work that was given the reference: a task, a thread.</summary>
    Work,
}

/// <summary>Whether the guard is open, on the paths that lead here.</summary>
[Flags]
internal enum HoldState
{
    Protected = 1,
    Stale = 2,
}

/// <summary>That an expression holds what was read under one guard.</summary>
internal sealed class Hold(Place guard, HoldKind kind, HoldState state, IOperation origin)
{
    public Place Guard { get; } = guard;

    public HoldKind Kind { get; } = kind;

    public HoldState State { get; } = state;

    /// <summary>The read, or the start of the work.</summary>
    public IOperation Origin { get; } = origin;

    public bool IsStale => State == HoldState.Stale;

    public bool IsLike(Hold other) => Guard.Equals(other.Guard) && Kind == other.Kind;

    public bool Is(Hold other) => IsLike(other) && State == other.State;

    public Hold As(HoldKind kind, IOperation origin) => new(Guard, kind, State, origin);

    public Hold As(HoldState state) => new(Guard, Kind, state, Origin);
}

/// <summary>What is known of an expression's value, where it concerns the rules.</summary>
internal readonly struct Value
{
    private readonly ImmutableArray<Hold> _holds;

    public Value(ImmutableArray<Hold> holds, IOperation? created = null, Place? guard = null)
    {
        _holds = holds;
        Created = created;
        Guard = guard;
    }

    public ImmutableArray<Hold> Holds => _holds.IsDefault ? [] : _holds;

    /// <summary>The call that returned the guard or lease which this expression is, and which no variable has yet.</summary>
    public IOperation? Created { get; }

    /// <summary>The variable that this expression names, where it is a guard, lease or handle.</summary>
    public Place? Guard { get; }

    public bool IsNothing => Holds.IsEmpty && Created is null && Guard is null;

    public Value Of(Func<Hold, bool> wanted) => new(Holds.RemoveAll(hold => !wanted(hold)));

    public Value As(HoldKind kind, IOperation origin) => new(Distinct(Holds.Select(hold => hold.As(kind, origin))));

    /// <summary>What is known where two ways meet, or of something made of both.</summary>
    public Value And(Value other) => new(Distinct(Holds.Concat(other.Holds)), Created ?? other.Created, Nullable.Equals(Guard, other.Guard) ? Guard : null);

    public bool Is(Value other) => Holds.Length == other.Holds.Length && Holds.All(hold => other.Holds.Any(hold.Is))
        && ReferenceEquals(Created, other.Created) && Nullable.Equals(Guard, other.Guard);

    private static ImmutableArray<Hold> Distinct(IEnumerable<Hold> holds)
    {
        ImmutableArray<Hold>.Builder distinct = ImmutableArray.CreateBuilder<Hold>();
        foreach (Hold hold in holds)
        {
            int at = 0;
            while (at < distinct.Count && !distinct[at].IsLike(hold))
            {
                at++;
            }

            if (at == distinct.Count)
            {
                distinct.Add(hold);
            }
            else
            {
                distinct[at] = distinct[at].As(distinct[at].State | hold.State);
            }
        }

        return distinct.ToImmutable();
    }
}
