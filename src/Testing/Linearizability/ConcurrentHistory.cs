namespace SwmrKit.Testing;

/// <summary>
/// Records a history of threads that really run at once: each into a list of its own, its events numbered by one shared
/// counter, and merged afterwards.
/// </summary>
/// <typeparam name="TOperation">The operations of the object under test, with their arguments.</typeparam>
/// <typeparam name="TResult">Their results.</typeparam>
/// <remarks>
/// <para><b>Why the recorded order is sound.</b> The number of an invocation is drawn before the call begins, that of a return
/// after the call has ended, each by an interlocked increment: a full fence, so that no access of the call moves outside its two
/// numbers, and all increments of one word are totally ordered. If <c>a</c>'s return has a lower number than <c>b</c>'s
/// invocation, then <c>a</c> had ended before <c>b</c> began, and all it did happens before all that <c>b</c> did. The recorded
/// intervals contain the calls and may be wider, so that operations may be taken to overlap that did not: a violation can be
/// missed, but an execution that is linearizable is never rejected.</para>
/// <para><b>What it hides.</b> The same fences order the calls of one thread: a store that lingers in the store buffer after its
/// call has returned is never seen. A clock read without a fence would show it, and would also reject objects that promise no
/// more than release and acquire. Such reorderings are the business of litmus tests and of the model checker, under which
/// <see cref="History{TOperation, TResult}"/> records without any barrier.</para>
/// <para><see cref="AddThread"/> may be called by any thread; a <see cref="ThreadRecording{TOperation, TResult}"/> belongs to one
/// thread at a time.</para>
/// </remarks>
public sealed class ConcurrentHistory<TOperation, TResult>
{
    private readonly Lock _gate = new(); // Guards the list of threads; not taken while they record.
    private readonly List<ThreadRecording<TOperation, TResult>> _threads = [];
    private long _events;

    /// <summary>Adds a logical thread; they are numbered from 0.</summary>
    /// <returns>Its recording.</returns>
    public ThreadRecording<TOperation, TResult> AddThread()
    {
        lock (_gate)
        {
            var thread = new ThreadRecording<TOperation, TResult>(this, _threads.Count);
            _threads.Add(thread);
            return thread;
        }
    }

    /// <summary>Merges what has been recorded. Call it when the threads have ended or stand still; O(n log n) in the operations.</summary>
    /// <returns>The history; operations that have not returned are pending in it.</returns>
    public History<TOperation, TResult> ToHistory()
    {
        lock (_gate)
        {
            return new History<TOperation, TResult>(_threads.SelectMany(static thread => thread.Operations), _events);
        }
    }

    /// <summary>The number of the next event. A full fence; pairs with itself on every other thread.</summary>
    internal long NextEvent() => Interlocked.Increment(ref _events) - 1;
}
