using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The cache's writes against each other: at the end the size is that of the entries that are there, and whoever wants to know of one that is not has been told once.</summary>
internal static class CacheScenarios
{
    private static readonly object s_first = 1;
    private static readonly object s_second = 2;

    /// <summary>Two replace an entry, while a reader reads the key: it is never missed.</summary>
    public static Scenario TwoPutsOfOneKey => new(
        static () =>
        {
            var books = new Books(sizeLimit: 5);
            books.Put(s_first, 1);
            World.Run(
                ("R", () => Model.Assert(books.Cache.TryGetValue(s_first, out _), "a key that is only replaced was missed")),
                ("W1", () => books.Put(s_first, 2)),
                ("W2", () => books.Put(s_first, 3)));
            books.Check(count: 1);
        },
        Plain: null,
        Full: null);

    /// <summary>An entry is replaced, and its key removed.</summary>
    public static Scenario PutAndRemove => new(
        static () =>
        {
            var books = new Books(sizeLimit: 5);
            books.Put(s_first, 1);
            World.Run(
                ("W", () => books.Put(s_first, 2)),
                ("D", () => books.Cache.Remove(s_first)));
            books.Check();
        },
        Plain: null,
        Full: null);

    /// <summary>Entries are put while the cache is cleared.</summary>
    public static Scenario PutAndClear => new(
        static () =>
        {
            var books = new Books(sizeLimit: 5);
            books.Put(s_first, 1);
            World.Run(
                ("W", () =>
                {
                    books.Put(s_first, 2);
                    books.Put(s_second, 1);
                }
            ),
                ("C", books.Cache.Clear));
            books.Check();
        },
        Plain: null,
        Full: null);

    /// <summary>An entry is replaced while its token changes: its successor stays.</summary>
    public static Scenario PutAndTokenOfThePrior => new(
        static () =>
        {
            var books = new Books(sizeLimit: 5);
            var token = new Token();
            books.Put(s_first, 1, token);
            World.Run(
                ("W", () => books.Put(s_first, 2)),
                ("T", token.Change),
                ("R", () => books.Cache.TryGetValue(s_first, out _)));
            books.Check(count: 1);
            Model.Assert(token.Listeners == 0, "an entry that is gone listens to its token");
        },
        Plain: null,
        Full: null);

    /// <summary>A token changes while an entry is committed that has it: however they meet, the entry does not stay.</summary>
    public static Scenario TokenDuringACommit => new(
        static () =>
        {
            var books = new Books(sizeLimit: 5);
            var token = new Token();
            World.Run(
                ("W", () => books.Put(s_first, 2, token)),
                ("T", token.Change));
            books.Check(count: 0);
            Model.Assert(token.Listeners == 0, "an entry that is gone listens to its token");
        },
        Plain: null,
        Full: null);

    /// <summary>An entry finds no room, which is made while another is replaced.</summary>
    public static Scenario PutsWithoutRoom => new(
        static () =>
        {
            var books = new Books(sizeLimit: 2);
            books.Put(s_first, 2);
            World.Run(
                ("W1", () =>
                {
                    books.Put(s_second, 1);
                    books.RunQueued();
                }
            ),
                ("W2", () => books.Put(s_first, 1)));
            books.Check();
        },
        Plain: null,
        Full: null);

    /// <summary>A cache, and what was put into it.</summary>
    private sealed class Books
    {
        private readonly Queue _queue = new();
        private readonly List<Item> _items = [];
        private readonly long _sizeLimit;

        public Books(long sizeLimit)
        {
            _sizeLimit = sizeLimit;
            Cache = new SwmrMemoryCache(Options.Create(new MemoryCacheOptions { SizeLimit = sizeLimit, CompactionPercentage = 0.5 }), NullLoggerFactory.Instance, new ModelTime(mostTicks: 0)) { Scheduler = _queue };
        }

        public SwmrMemoryCache Cache { get; }

        public void Put(object key, long size, Token? token = null)
        {
            var item = new Item(size);
            _items.Add(item);
            using ICacheEntry entry = Cache.CreateEntry(key);
            entry.Value = item;
            entry.Size = size;
            entry.RegisterPostEvictionCallback((_, _, _, _) => item.Told++);
            if (token is not null)
            {
                entry.ExpirationTokens.Add(token);
            }
        }

        /// <summary>What is done on the thread pool otherwise.</summary>
        public void RunQueued() => _queue.Run();

        public void Check(int? count = null)
        {
            RunQueued();
            object[] keys = [.. Cache.Keys];
            Model.Assert(count is null || keys.Length == count, $"{keys.Length} entries are there");
            Model.Assert(keys.Length == Cache.Count, "the count is not that of the entries");
            HashSet<Item> there = [.. keys.Select(key => Cache.TryGetValue(key, out object? item) ? (Item)item! : throw new InvalidOperationException("a key that is there is not found"))];
            Model.Assert(there.Sum(static item => item.Size) == Cache.Size, "the size is not that of the entries");
            Model.Assert(Cache.Size <= _sizeLimit, "the size is above the limit");
            Model.Assert(_items.TrueForAll(item => item.Told == (there.Contains(item) ? 0 : 1)), "an entry that is gone was not told once, or one that is there was told");
        }
    }

    private sealed class Item(long size)
    {
        public long Size { get; } = size;

        public int Told { get; set; }
    }

    /// <summary>Stands in for the thread pool: what is queued is run by whoever says so.</summary>
    private sealed class Queue : TaskScheduler
    {
        private readonly Queue<Task> _tasks = new();

        public void Run()
        {
            while (_tasks.TryDequeue(out Task? task))
            {
                TryExecuteTask(task);
                if (task.Exception?.InnerException is { } failure)
                {
                    ExceptionDispatchInfo.Throw(failure);
                }
            }
        }

        protected override void QueueTask(Task task) => _tasks.Enqueue(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => _tasks;
    }

    /// <summary>A token that calls its listeners on the thread that changes it, as that of a cancellation does.</summary>
    private sealed class Token : IChangeToken
    {
        private readonly ExclusiveLock _lock = new();
        private readonly List<Listener> _listeners = [];
        private SharedInt32 _hasChanged;

        public bool HasChanged => _hasChanged.Read() != 0;

        public bool ActiveChangeCallbacks => true;

        public int Listeners => _listeners.Count;

        public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
        {
            var listener = new Listener(this, callback, state);
            bool isLate;
            using (_lock.Enter())
            {
                isLate = HasChanged;
                if (!isLate)
                {
                    _listeners.Add(listener);
                }
            }

            if (isLate)
            {
                callback(state);
            }

            return listener;
        }

        public void Change()
        {
            Listener[] called;
            using (_lock.Enter())
            {
                _hasChanged.Write(1);
                called = [.. _listeners];
            }

            Array.ForEach(called, static listener => listener.Call());
        }

        private sealed class Listener(Token token, Action<object?> callback, object? state) : IDisposable
        {
            public void Call() => callback(state);

            public void Dispose()
            {
                using (token._lock.Enter())
                {
                    token._listeners.Remove(this);
                }
            }
        }
    }
}
