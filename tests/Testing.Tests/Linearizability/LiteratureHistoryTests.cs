using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>Histories whose verdicts are known, most of them from the literature.</summary>
public sealed class LiteratureHistoryTests : IClassFixture<SharedMachine>
{
    private const int A = 0;
    private const int B = 1;
    private const int C = 2;

    private readonly History<Call, int> _history = new();

    /// <summary>Herlihy and Wing 1990, queue history H1.</summary>
    [Fact]
    public void A_queue_may_order_two_overlapping_enqueues_either_way()
    {
        _history.Invoke(A, new("enqueue", 1));
        _history.Invoke(B, new("enqueue", 2));
        _history.Return(B, 0);
        _history.Return(A, 0);
        _history.Invoke(B, new("dequeue"));
        _history.Return(B, 1);
        _history.Invoke(A, new("dequeue"));
        _history.Return(A, 2);
        _history.Invoke(A, new("enqueue", 3));
        AssertVerdict(true, new QueueSpecification());
    }

    /// <summary>Herlihy and Wing 1990, queue history H2: 1 was in the queue before 2, yet 2 comes out first.</summary>
    [Fact]
    public void A_queue_may_not_let_the_later_of_two_enqueues_overtake_the_earlier()
    {
        _history.Invoke(A, new("enqueue", 1));
        _history.Return(A, 0);
        _history.Invoke(B, new("enqueue", 2));
        _history.Invoke(A, new("dequeue"));
        _history.Return(B, 0);
        _history.Return(A, 2);
        AssertVerdict(false, new QueueSpecification());
    }

    /// <summary>Herlihy and Wing 1990, queue history H3: the enqueue has not returned, but must have taken effect.</summary>
    [Fact]
    public void A_queue_may_hand_out_what_a_pending_enqueue_has_put_in()
    {
        _history.Invoke(A, new("enqueue", 1));
        Run(B, new("dequeue"), 1);
        AssertVerdict(true, new QueueSpecification());
    }

    /// <summary>Herlihy and Wing 1990, queue history H4.</summary>
    [Fact]
    public void A_queue_may_not_hand_out_one_item_twice()
    {
        _history.Invoke(A, new("enqueue", 1));
        _history.Invoke(B, new("enqueue", 2));
        _history.Return(A, 0);
        _history.Return(B, 0);
        _history.Invoke(A, new("dequeue"));
        _history.Invoke(C, new("dequeue"));
        _history.Return(A, 2);
        _history.Return(C, 2);
        AssertVerdict(false, new QueueSpecification());
    }

    /// <summary>Lamport, "On interprocess communication", Distributed Computing 1, 1986: a regular register allows it, an atomic one does not.</summary>
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 1, true)]
    [InlineData(1, 1, true)]
    [InlineData(1, 0, false)]
    public void Two_reads_during_one_write_may_not_see_the_new_value_and_then_the_old(int first, int second, bool expected)
    {
        _history.Invoke(A, new("write", 1));
        Run(B, new("read"), first);
        Run(B, new("read"), second);
        _history.Return(A, 0);
        AssertVerdict(expected, new RegisterSpecification());
    }

    /// <summary>The same of two readers, as Herlihy and Shavit have it (The Art of Multiprocessor Programming, chapter 4).</summary>
    [Fact]
    public void A_reader_may_not_see_the_old_value_after_another_saw_the_new_one()
    {
        _history.Invoke(A, new("write", 1));
        Run(B, new("read"), 1);
        Run(C, new("read"), 0);
        _history.Return(A, 0);
        AssertVerdict(false, new RegisterSpecification());
    }

    /// <summary>Sequentially consistent (Lamport 1979: put the read first), but out of date in real time.</summary>
    [Fact]
    public void A_read_may_not_miss_a_write_that_returned_before_it_began()
    {
        Run(A, new("write", 1), 0);
        Run(B, new("read"), 0);
        AssertVerdict(false, new RegisterSpecification());
    }

    [Theory]
    [InlineData(2, 1, true)]
    [InlineData(1, 2, true)]
    [InlineData(1, 1, false)]
    public void Two_overlapping_increments_may_not_make_the_same_value(int a, int b, bool expected)
    {
        _history.Invoke(A, new("increment"));
        _history.Invoke(B, new("increment"));
        _history.Return(A, a);
        _history.Return(B, b);
        AssertVerdict(expected, new CounterSpecification());
    }

    /// <summary>
    /// The failed contains of the lazy list: it takes effect where a concurrent remove does, not at a line of its own code (Heller
    /// and others, "A lazy concurrent list-based set algorithm", OPODIS 2005).
    /// </summary>
    [Fact]
    public void A_set_may_answer_no_when_the_number_was_absent_at_some_instant_of_the_call()
    {
        Run(A, new("add", 5), 1);
        _history.Invoke(B, new("contains", 5));
        Run(A, new("remove", 5), 1);
        Run(A, new("add", 5), 1);
        _history.Return(B, 0);
        AssertVerdict(true, new SetSpecification());
    }

    [Fact]
    public void A_set_may_not_answer_no_when_the_number_was_there_throughout()
    {
        Run(A, new("add", 5), 1);
        _history.Invoke(B, new("contains", 5));
        Run(A, new("add", 5), 0);
        Run(A, new("remove", 4), 0);
        _history.Return(B, 0);
        AssertVerdict(false, new SetSpecification());
    }

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(1, 1, false)]
    public void Of_two_overlapping_adds_one_has_added(int a, int b, bool expected)
    {
        _history.Invoke(A, new("add", 5));
        _history.Invoke(B, new("add", 5));
        _history.Return(A, a);
        _history.Return(B, b);
        AssertVerdict(expected, new SetSpecification());
    }

    [Theory]
    [InlineData(1, 2, true)]
    [InlineData(2, 1, true)]
    [InlineData(2, 2, false)]
    [InlineData(2, 3, false)]
    public void A_bag_may_hand_out_its_items_in_any_order_but_once(int first, int second, bool expected)
    {
        Run(A, new("add", 1), 0);
        Run(A, new("add", 2), 0);
        Run(B, new("take"), first);
        Run(C, new("take"), second);
        AssertVerdict(expected, new BagSpecification());
    }

    [Fact]
    public void Nothing_having_happened_is_linearizable() => AssertVerdict(true, new RegisterSpecification());

    private void Run(int thread, Call operation, int result) => _history.Record(thread, operation, () => result);

    private void AssertVerdict<TState>(bool expected, SequentialSpecification<TState, Call, int> specification)
    {
        LinearizabilityResult<Call, int> result = LinearizabilityChecker.Check(_history, specification);
        Assert.True(result.IsLinearizable == expected, result.ToString());
        Assert.Equal(expected, BruteForce.IsLinearizable(_history, specification));
        if (expected)
        {
            BruteForce.AssertWitness(result.Witness!, _history, specification);
        }
        else
        {
            Assert.Null(result.Witness);
        }
    }
}
