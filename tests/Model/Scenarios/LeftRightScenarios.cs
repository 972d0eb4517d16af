using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>Left-right: nobody reads the copy that is being changed, and both copies get every change.</summary>
internal static class LeftRightScenarios
{
    /// <summary>A reader beside a writer that comes twice: each copy is written while the other is read.</summary>
    public static Scenario ReadBesideWrites => new(
        static () =>
        {
            var shared = new Shared(readers: 1);
            World.Run(
                ("R", () => shared.Read(0)),
                ("W", () =>
                {
                    shared.Write();
                    shared.Write();
                }
            ));
            shared.Expect(2);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A reader that comes back at once: what it finds is never older, and never in the middle of a change.</summary>
    public static Scenario ReaderReturnsToCopies => new(
        static () =>
        {
            var shared = new Shared(readers: 1);
            World.Run(
                ("R", () =>
                {
                    int first = shared.Read(0);
                    Model.Assert(shared.Read(0) >= first, "went back");
                }
            ),
                ("W", shared.Write));
            shared.Expect(1);
        },
        Plain: 2,
        Full: 3);

    /// <summary>The first reader registers while the writer waits.</summary>
    public static Scenario RegistrationDuringWrite => new(
        static () =>
        {
            var shared = new Shared(readers: 0);
            World.Run(
                ("R", () =>
                {
                    using ReaderHandle handle = shared.Structure.Register();
                    using LeftRightRead<Pair> read = shared.Structure.Read(handle);
                    read.Value.Look();
                }
            ),
                ("W", shared.Write));
            shared.Expect(1);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A read inside a read, which may find the other copy: both hold still.</summary>
    public static Scenario NestedReadsOfCopies => new(
        static () =>
        {
            var shared = new Shared(readers: 1);
            World.Run(
                ("R", () =>
                {
                    using LeftRightRead<Pair> outer = shared.Structure.Read(shared.Handle(0));
                    int first = outer.Value.Look();
                    shared.Read(0);
                    Model.Assert(outer.Value.Look() == first, "changed under a reader");
                }
            ),
                ("W", () =>
                {
                    shared.Write();
                    shared.Write();
                }
            ));
            shared.Expect(2);
        },
        Plain: 2,
        Full: 3);

    /// <summary>Two writers take turns.</summary>
    public static Scenario TwoWritersOfCopies => new(
        static () =>
        {
            var shared = new Shared(readers: 1);
            World.Run(("R", () => shared.Read(0)), ("W1", shared.Write), ("W2", shared.Write));
            shared.Expect(2);
        },
        Plain: 0,
        Full: 1);

    /// <summary>An operation throws half way, on the first copy: nothing of it is ever seen.</summary>
    public static Scenario OperationThrows => new(
        static () =>
        {
            var shared = new Shared(readers: 1);
            World.Run(
                ("R", () => shared.Read(0)),
                ("W", () =>
                {
                    try
                    {
                        shared.Structure.Write(static pair => pair.IncrementHalf());
                        Model.Assert(false, "the operation threw");
                    }
                    catch (NotSupportedException)
                    {
                        shared.Write();
                    }
                }
            ));
            shared.Expect(1);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A heavy barrier fails: the write has been made, and the copy that readers may still be in is not touched again.</summary>
    public static Scenario BarrierFails => new(
        static () =>
        {
            var shared = new Shared(readers: 1, failures: 1);
            World.Run(
                ("R", () => shared.Read(0)),
                ("W", () =>
                {
                    shared.Write();
                    shared.Write();
                }
            ));
            shared.Expect(2);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A writer that does not wait for readers leaves them their copy, and makes another before the next write.</summary>
    public static Scenario WriterDoesNotWait => new(
        static () =>
        {
            var shared = new Shared(readers: 1);
            World.Run(
                ("R", () => shared.Read(0)),
                ("W", () =>
                {
                    shared.Structure.Write(static pair => pair.Increment(), TimeSpan.Zero, default);
                    shared.Write();
                }
            ));
            shared.Expect(2);
        },
        Plain: 2,
        Full: 3);

    /// <summary>The structure is taken back under a reader: from then on it is the taker's alone.</summary>
    public static Scenario TakenBack => new(
        static () =>
        {
            var shared = new Shared(readers: 1);
            World.Run(
                ("R", () =>
                {
                    try
                    {
                        shared.Read(0);
                    }
                    catch (ObjectDisposedException)
                    {
                        // It came too late.
                    }
                }
            ),
                ("T", () => shared.Structure.TakeBack(Timeout.InfiniteTimeSpan).Value.Increment()));
        },
        Plain: 2,
        Full: 3);

    /// <summary>Two variables that are equal, but in the middle of a change.</summary>
    private sealed class Pair(int value)
    {
        private PlainData<int> _first = new(value);
        private PlainData<int> _second = new(value);

        public int Look()
        {
            int value = _first.Read();
            Model.Assert(_second.Read() == value, "read in the middle of a change");
            return value;
        }

        public void Increment()
        {
            int value = Look() + 1;
            _first.Write(value);
            _second.Write(value);
        }

        public void IncrementHalf()
        {
            _first.Write(Look() + 1);
            throw new NotSupportedException();
        }
    }

    private sealed class Shared
    {
        private readonly ReaderHandle[] _handles;

        public Shared(int readers, int failures = 0)
        {
            Structure = new LeftRight<Pair>(
                new Pair(0),
                static pair => new Pair(pair.Look()),
                () =>
                {
                    if (failures-- > 0)
                    {
                        throw new AsymmetricBarrierException("It failed.");
                    }

                    AsymmetricBarrier.Heavy();
                },
                new ModelTime());
            _handles = [.. Enumerable.Range(0, readers).Select(_ => Structure.Register())];
        }

        public LeftRight<Pair> Structure { get; }

        public ReaderHandle Handle(int reader) => _handles[reader];

        public int Read(int reader)
        {
            using LeftRightRead<Pair> read = Structure.Read(_handles[reader]);
            return read.Value.Look();
        }

        public void Write() => Structure.Write(static pair => pair.Increment());

        /// <summary>Both copies have had every change; one that was given up is made anew by the next.</summary>
        public void Expect(int writes)
        {
            Write();
            (Pair value, Pair? copy) = Structure.TakeBack(Timeout.InfiniteTimeSpan);
            Model.Assert(value.Look() == writes + 1, "a write was lost");
            Model.Assert(copy!.Look() == writes + 1, "the copies differ");
        }
    }
}
