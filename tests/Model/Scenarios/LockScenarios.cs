using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The reader-biased lock: nobody reads while somebody writes, however the lock goes from one mode to the other.</summary>
internal static class LockScenarios
{
    private const int Never = int.MaxValue;

    /// <summary>Readers without a fence, and a writer that revokes the bias.</summary>
    public static Scenario BiasRevoked => new(
        static () =>
        {
            var shared = new Shared();
            World.Run(("R1", () => shared.Read(0)), ("R2", () => shared.Read(1)), ("W", shared.Write));
            shared.Expect(1);
        },
        Plain: 1,
        Full: 2);

    /// <summary>A reader that comes twice, before and after the bias has been revoked, and a writer that comes twice.</summary>
    public static Scenario ReaderReturnsToLock => new(
        static () =>
        {
            var shared = new Shared();
            World.Run(
                ("R", () =>
                {
                    shared.Read(0);
                    shared.Read(0);
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
        Plain: 1,
        Full: 2);

    /// <summary>While the lock is unbiased a fence on either side does.</summary>
    public static Scenario Unbiased => new(
        static () =>
        {
            var shared = new Shared();
            shared.Write();
            World.Run(("R", () => shared.Read(0)), ("W", shared.Write));
            Model.Assert(shared.Lock.Revocations == 1, "an unbiased lock was revoked");
            shared.Expect(2);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A reader gives the bias back while a writer comes, and reads once more without a fence.</summary>
    public static Scenario BiasGivenBack => new(
        static () =>
        {
            var shared = new Shared(quietReads: 0);
            shared.Write();
            World.Run(
                ("R", () =>
                {
                    shared.Read(0);
                    shared.Read(0);
                }
            ),
                ("W", shared.Write));
            shared.Expect(2);
        },
        Plain: 1,
        Full: 3);

    /// <summary>Two writers take turns, beside a reader.</summary>
    public static Scenario TwoWriters => new(
        static () =>
        {
            var shared = new Shared();
            World.Run(("R", () => shared.Read(0)), ("W1", shared.Write), ("W2", shared.Write));
            shared.Expect(2);
        },
        Plain: 0,
        Full: 0);

    /// <summary>A read inside a read gets in although a writer waits for the outer one, and ends nothing.</summary>
    public static Scenario NestedReads => new(
        static () =>
        {
            var shared = new Shared();
            World.Run(
                ("R", () =>
                {
                    using LockRead outer = shared.Lock.EnterRead(shared.Handle(0));
                    int first = shared.Value();
                    shared.Read(0);
                    Model.Assert(shared.Value() == first, "written under a reader");
                }
            ),
                ("W", shared.Write));
            shared.Expect(1);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A read inside a read through another reader of the same thread: it gets in although a writer waits for the outer one, and no writer comes before both have been left.</summary>
    public static Scenario NestedReadsOfTwoReaders => new(
        static () =>
        {
            var shared = new Shared();
            World.Run(
                ("R", () =>
                {
                    using ReaderHandle own = shared.Lock.Register();
                    using ReaderHandle another = shared.Lock.Register();
                    LockRead outer = shared.Lock.EnterRead(own);
                    LockRead inner = shared.Lock.EnterRead(another);
                    int first = shared.Value();
                    bool isOuterOpen = false;
                    try
                    {
                        outer.Dispose();
                    }
                    catch (InvalidOperationException)
                    {
                        isOuterOpen = true;
                    }

                    Model.Assert(shared.Value() == first, "written under a reader");
                    inner.Dispose();
                    if (isOuterOpen)
                    {
                        outer.Dispose();
                    }
                }
            ),
                ("W", shared.Write));
            shared.Expect(1);
        },
        Plain: 1,
        Full: 2);

    /// <summary>A writer goes on as a reader: no other writer comes between.</summary>
    public static Scenario Downgrade => new(
        static () =>
        {
            var shared = new Shared();
            World.Run(
                ("W1", () =>
                {
                    LockWrite write = shared.Lock.EnterWrite();
                    int written = shared.Increment();
                    using LockRead read = shared.Lock.EnterRead(shared.Handle(0));
                    write.Dispose();
                    Model.Assert(shared.Value() == written, "another writer came before the downgraded one had left");
                }
            ),
                ("W2", shared.Write));
            shared.Expect(2);
        },
        Plain: 2,
        Full: 3);

    /// <summary>The first heavy barrier fails: nobody is let in by it, and the next writer does not take it for made.</summary>
    public static Scenario FailedRevocation => new(
        static () =>
        {
            var shared = new Shared(failures: 1);
            World.Run(
                ("R", () => shared.Read(0)),
                ("W", () =>
                {
                    try
                    {
                        shared.Write();
                        Model.Assert(false, "entered without a barrier");
                    }
                    catch (AsymmetricBarrierException)
                    {
                        shared.Write();
                    }
                }
            ));
            shared.Expect(1);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A writer that does not wait gives up, if it must, and comes again.</summary>
    public static Scenario WriterGivesUp => new(
        static () =>
        {
            var shared = new Shared();
            bool hasWritten = false;
            World.Run(
                ("R", () => shared.Read(0)),
                ("W", () =>
                {
                    try
                    {
                        using LockWrite write = shared.Lock.EnterWrite(TimeSpan.Zero);
                        shared.Increment();
                        hasWritten = true;
                    }
                    catch (WriteTimeoutException)
                    {
                        // The reader was inside.
                    }

                    shared.Write();
                }
            ));
            shared.Expect(hasWritten ? 2 : 1);
        },
        Plain: 1,
        Full: 3);

    /// <summary>Two variables that are equal, but while somebody writes.</summary>
    private sealed class Shared
    {
        private readonly ReaderHandle[] _handles;
        private PlainData<int> _first = new(0);
        private PlainData<int> _second = new(0);

        public Shared(int quietReads = Never, int failures = 0)
        {
            Lock = new ReaderBiasedLock(
                () =>
                {
                    if (failures-- > 0)
                    {
                        throw new AsymmetricBarrierException("It failed.");
                    }

                    AsymmetricBarrier.Heavy();
                },
                new ModelTime(),
                quietReads);
            _handles = [Lock.Register(), Lock.Register()];
        }

        public ReaderBiasedLock Lock { get; }

        public ReaderHandle Handle(int reader) => _handles[reader];

        public void Read(int reader)
        {
            using LockRead read = Lock.EnterRead(_handles[reader]);
            Value();
        }

        public void Write()
        {
            using LockWrite write = Lock.EnterWrite();
            Increment();
        }

        public int Value()
        {
            int value = _first.Read();
            Model.Assert(_second.Read() == value, "read in the middle of a write");
            return value;
        }

        public int Increment()
        {
            int value = Value() + 1;
            _first.Write(value);
            _second.Write(value);
            return value;
        }

        public void Expect(int writes) => Model.Assert(Value() == writes, "a write was lost");
    }
}
