using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The publication of options: what readers find, what listeners are told, and that no change is lost.</summary>
internal static class ConfigurationScenarios
{
    /// <summary>The first value is built by a reader while what it is built of changes.</summary>
    public static Scenario FirstValueDuringAChange => new(
        static () =>
        {
            var settings = new Settings();
            World.Run(
                ("R", () =>
                {
                    int first = settings.Read();
                    Model.Assert(settings.Read() >= first, "a newer value was followed by an older one");
                }
            ),
                ("W", () => settings.Change(2)));
            settings.Settle(2);
        },
        Plain: null,
        Full: null);

    /// <summary>Two changes at once while a listener is there and a reader reads.</summary>
    public static Scenario TwoChangesAtOnce => new(
        static () =>
        {
            var settings = new Settings();
            var told = new Told();
            settings.Read();
            settings.Listen(told);
            World.Run(
                ("R", () =>
                {
                    int first = settings.Read();
                    Model.Assert(settings.Read() >= first, "a newer value was followed by an older one");
                }
            ),
                ("W1", () => settings.ChangeByOne()),
                ("W2", () => settings.ChangeByOne()));
            settings.Settle(3);
            Model.Assert(told.Last == 3, "the listener was not told of the last change");
        },
        Plain: 1,
        Full: 3);

    /// <summary>A change to what cannot be used: its value can be built, but not what belongs to it. Then a good one.</summary>
    public static Scenario ChangeThatFails => new(
        static () =>
        {
            var settings = new Settings { Refused = 2 };
            var told = new Told();
            settings.Read();
            settings.Listen(told);
            World.Run(
                ("R", () => Model.Assert(settings.Read() != 2, "a value was in force that was refused")),
                ("W", () =>
                {
                    settings.Change(2);
                    settings.Change(3);
                }
            ));
            settings.Settle(3);
            Model.Assert(told.Times == 1 && told.Last == 3, "the listener was not told of the one change");
            Model.Assert(settings.Failures == 1, "the failure was not reported once");
        },
        Plain: null,
        Full: null);

    /// <summary>Somebody begins to listen, then reads, while a value is replaced: one way or the other the new value is noticed.</summary>
    public static Scenario ListeningDuringAChange => new(
        static () =>
        {
            var settings = new Settings();
            var told = new Told();
            settings.Read();
            int read = 0;
            World.Run(
                ("L", () =>
                {
                    settings.Listen(told);
                    read = settings.Read();
                }
            ),
                ("W", () => settings.Change(2)));
            Model.Assert(read == 2 || told.Times == 1, "the change was neither read nor told");
            settings.Settle(2);
        },
        Plain: null,
        Full: null);

    /// <summary>A value is removed, so that it is built anew, while it is read and changed.</summary>
    public static Scenario RemovalDuringAChange => new(
        static () =>
        {
            var settings = new Settings();
            settings.Read();
            World.Run(
                ("R", () =>
                {
                    int first = settings.Read();
                    Model.Assert(settings.Read() >= first, "a newer value was followed by an older one");
                }
            ),
                ("C", () => settings.Remove()),
                ("W", () => settings.Change(2)));
            settings.Settle(2);
        },
        Plain: 2,
        Full: 3);

    /// <summary>A listener that causes a change is told of it after the one before, and so is everybody else, although another thread changes something, too.</summary>
    public static Scenario ListenerThatChanges => new(
        static () =>
        {
            var settings = new Settings();
            var told = new Told();
            settings.Read();
            settings.Listen(told, onFirst: () => settings.ChangeByOne());
            World.Run(
                ("W1", () => settings.ChangeByOne()),
                ("W2", () => settings.ChangeByOne()));
            settings.Settle(4);
            Model.Assert(told.Last == 4, "the listener was not told of the last change");
        },
        Plain: 2,
        Full: 3);

    /// <summary>A value as it was read: all of it, or a reader has got a part.</summary>
    private sealed class Value(int number)
    {
        private PlainData<int> _number = new(number);

        public int Number => _number.Read();
    }

    /// <summary>What a listener has been told; on whatever thread, but never on two at once.</summary>
    private sealed class Told
    {
        private PlainData<int> _last;
        private PlainData<int> _times;

        public int Last => _last.Read();

        public int Times => _times.Read();

        public void Note(int number)
        {
            Model.Assert(number > _last.Read(), "told twice, or out of order");
            _last.Write(number);
            _times.Write(_times.Read() + 1);
        }
    }

    /// <summary>Options with their configuration: a number that is changed first, and then reported.</summary>
    private sealed class Settings : IPublicationSource<Value>, IAttachment<Value>
    {
        private readonly Announcements<Value> _announcements;
        private readonly Publication<Value> _publication;
        private SharedInt32 _configured = new(1);
        private PlainData<int> _failures;
        private PlainData<int> _staged;

        public Settings()
        {
            _announcements = new Announcements<Value>(
                (_, _) => _failures.Write(_failures.Read() + 1), static (_, exception) => Model.Assert(false, "a listener failed: " + exception.Message));
            _publication = new Publication<Value>("", this, _announcements);
        }

        /// <summary>The number that nothing can be made of.</summary>
        public int Refused { get; init; }

        public int Failures => _failures.Read();

        public bool IsStale => false;

        public int Read()
        {
            if (Refused != 0 && _publication.Published is null)
            {
                _publication.Attach(this);
            }

            return _publication.Current.Number;
        }

        public void Listen(Told told, Action? onFirst = null) => _announcements.Listen((value, _) =>
        {
            told.Note(value.Number);
            if (told.Times == 1)
            {
                onFirst?.Invoke();
            }
        });

        public void Change(int number)
        {
            _configured.Write(number);
            Report();
        }

        public void ChangeByOne()
        {
            _configured.Add(1);
            Report();
        }

        public void Remove() => _publication.TryRemove();

        /// <summary>When all have ended, the last value is in force, without another change being reported.</summary>
        public void Settle(int number)
        {
            Model.Assert(_publication.Current.Number == number, "the last change was lost");
            Model.Assert(_publication.Failure is null, "a failure stands although the last change succeeded");
        }

        public Value Build(string name) => new(_configured.Read());

        public bool AreSame(Value inForce, Value candidate) => inForce.Number == candidate.Number;

        public IStaged Stage(Value value) =>
            value.Number == Refused ? throw new InvalidOperationException("refused") : new Staged(this, value.Number);

        private void Report()
        {
            _publication.Signal();
            _publication.Refresh();
        }

        private sealed class Staged(Settings settings, int number) : IStaged
        {
            public void Publish()
            {
                Model.Assert(settings._publication.Published!.Number == number, "what belongs to a value was put in force before it");
                settings._staged.Write(number);
            }

            public void Discard()
            {
            }
        }
    }
}
