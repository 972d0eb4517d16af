using System.Diagnostics.CodeAnalysis;

namespace SwmrKit.Mutator;

/// <summary>What is wrong with a mutant, and at which line of its file, from 0.</summary>
[SuppressMessage("Design", "CA1032", Justification = "It never leaves this assembly: it becomes a diagnostic.")]
internal sealed class MutantException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
