using System;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;

namespace SwmrKit.Analyzers.Flow;

/// <summary>A variable of one body: a local, a parameter, or a temporary of its control flow graph.</summary>
internal readonly struct Place : IEquatable<Place>
{
    private readonly CaptureId _temporary;

    public Place(ISymbol symbol)
    {
        Symbol = symbol;
        _temporary = default;
    }

    public Place(CaptureId temporary)
    {
        Symbol = null;
        _temporary = temporary;
    }

    /// <summary>The local or parameter; null for a temporary.</summary>
    public ISymbol? Symbol { get; }

    public bool IsTemporary => Symbol is null;

    public string Name => Symbol?.Name ?? "the guard";

    public bool Equals(Place other) => SymbolEqualityComparer.Default.Equals(Symbol, other.Symbol) && _temporary.Equals(other._temporary);

    public override bool Equals(object? obj) => obj is Place other && Equals(other);

    public override int GetHashCode() => Symbol is null ? _temporary.GetHashCode() : SymbolEqualityComparer.Default.GetHashCode(Symbol);
}
