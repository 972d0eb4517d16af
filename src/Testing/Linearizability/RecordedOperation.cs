using System.Globalization;

namespace SwmrKit.Testing;

/// <summary>One operation of a history: who called what, when it was invoked, and when and with what result it returned.</summary>
/// <typeparam name="TOperation">The operations of the object under test, with their arguments.</typeparam>
/// <typeparam name="TResult">Their results.</typeparam>
/// <remarks>Made by <see cref="History{TOperation, TResult}"/> and <see cref="ThreadRecording{TOperation, TResult}"/>, and
/// changed once, by the return. Reading it while another thread records the return is not safe.</remarks>
public sealed class RecordedOperation<TOperation, TResult>
{
    internal RecordedOperation(int thread, TOperation operation, long invokedAt)
    {
        Thread = thread;
        Operation = operation;
        InvokedAt = invokedAt;
    }

    /// <summary>The number of the logical thread that called.</summary>
    public int Thread { get; }

    /// <summary>What was called.</summary>
    public TOperation Operation { get; }

    /// <summary>What was returned; the default value as long as the operation is pending.</summary>
    public TResult? Result { get; private set; }

    /// <summary>The place of the invocation in the history's order of events; it has no unit.</summary>
    public long InvokedAt { get; }

    /// <summary>The place of the return in the history's order of events; <see cref="long.MaxValue"/> as long as it is pending.</summary>
    public long ReturnedAt { get; private set; } = long.MaxValue;

    /// <summary>Whether the operation was invoked and never returned: it may have taken effect, or not.</summary>
    public bool IsPending => ReturnedAt == long.MaxValue;

    /// <summary>Whether this operation returned before the other was invoked, so that it must come first in every order.</summary>
    /// <param name="other">An operation of the same history.</param>
    /// <returns>True if it did; false if the two overlap or the other came first.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public bool Precedes(RecordedOperation<TOperation, TResult> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReturnedAt < other.InvokedAt;
    }

    /// <summary>The thread, the operation and its result, for people.</summary>
    /// <returns>Such as <c>thread 1: Read { } -> 7</c>.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"thread {Thread}: {Call}");

    internal string Call => string.Create(
        CultureInfo.InvariantCulture,
        $"{(object?)Operation ?? "null"} {(IsPending ? "pending" : "-> " + HistoryText.Value(Result))}");

    internal void Complete(TResult result, long returnedAt)
    {
        Result = result;
        ReturnedAt = returnedAt;
    }
}
