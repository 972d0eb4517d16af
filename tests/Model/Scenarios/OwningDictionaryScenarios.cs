using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The owning dictionary: what it unlinks from pages, while guards, leases and snapshots read them.</summary>
internal static class OwningDictionaryScenarios
{
    private const int First = 1;
    private const int Second = 2;

    /// <summary>A reader looks a key up twice under one guard while its value is replaced and the key removed.</summary>
    public static Scenario OwnedReadUnderGuard => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1);
            World.Run(
                ("R", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    Use(ref read, First);
                    Use(ref read, First);
                    read.Dispose();
                }
            ),
                ("W", () =>
                {
                    dictionary.Set(First, new Resource());
                    dictionary.TryRemove(First);
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A reader finds a value younger than its guard in a page that a snapshot has frozen, and that is replaced, value and all, before the reader looks again.</summary>
    public static Scenario OwnedReadOfDetachedPage => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 2);
            var guard = new ReadGuard(world.Slot(0)); // The reader's: what it reads is read inside this one.
            dictionary.Set(First, new Resource()); // The retirement of the first one advances the era.
            dictionary.Set(First, new Resource()); // This one is born after the guard.
            Freeze(dictionary, world.Slot(1));
            World.Run(
                ("R", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    Use(ref read, First);
                    read.Dispose();
                }
            ),
                ("W", () => dictionary.Set(First, new Resource())));
            guard.Dispose();
            world.Drain();
        },
        Plain: 2,
        Full: 3);

    /// <summary>A lease is taken while its value is replaced.</summary>
    public static Scenario OwnedLeaseAgainstReplacement => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 0);
            World.Run(
                ("L", () => UseAndDispose(dictionary)),
                ("W", () => dictionary.Set(First, new Resource())));
            world.Drain();
            Model.Assert(world.Domain.LeasesHeld == 0, "a slot was lost");
        },
        Plain: 2,
        Full: null);

    /// <summary>A lease is taken from a page that was frozen, and is copied when the value is replaced, or removed.</summary>
    public static Scenario OwnedLeaseAgainstFrozenPage => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1);
            Freeze(dictionary, world.Slot(0));
            World.Run(
                ("L", () => UseAndDispose(dictionary)),
                ("W", () =>
                {
                    dictionary.Set(First, new Resource());
                    dictionary.TryRemove(First);
                }
            ));
            world.Drain();
        },
        Plain: 2,
        Full: 3);

    /// <summary>A snapshot is taken while a value is replaced and then removed: all in it can be used until its guard ends.</summary>
    public static Scenario OwnedSnapshot => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1, hazards: false);
            World.Run(
                ("S", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    OwningDictionarySnapshot<int, Resource> snapshot = read.Snapshot();
                    int entries = 0;
                    foreach (KeyValuePair<int, Resource> entry in snapshot)
                    {
                        entry.Value.Use();
                        entries++;
                    }

                    Model.Assert(entries == snapshot.Count, "the count is not that of the entries");
                    read.Dispose();
                }
            ),
                ("W", () =>
                {
                    dictionary.Set(First, new Resource());
                    dictionary.TryRemove(First);
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>An era passes while a snapshot is taken, so that it may find what is younger than its guard has announced.</summary>
    public static Scenario OwnedSnapshotWhileErasPass => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1, hazards: false);
            World.Run(
                ("S", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    if (read.Snapshot().TryGetValue(Second, out Resource? value))
                    {
                        value.Use();
                    }

                    read.Dispose();
                }
            ),
                ("W", () =>
                {
                    world.Domain.Readers.Advance();
                    dictionary.Set(Second, new Resource());
                    dictionary.TryRemove(Second);
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 2)
    {
        Hunt = 3,
    };

    /// <summary>Two snapshots are taken under one guard while a value is replaced and another added: the changes lead from the one to the other, and what they hold can be used, the values that went too.</summary>
    public static Scenario OwnedChanges => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1, hazards: false);
            World.Run(
                ("S", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    OwningDictionarySnapshot<int, Resource> before = read.Snapshot();
                    OwningDictionarySnapshot<int, Resource> after = read.Snapshot();
                    foreach (DictionaryChange<int, Resource> change in after.ChangesSince(before))
                    {
                        Model.Assert(change is { Kind: DictionaryChangeKind.Replaced, Key: First }, "a change that nobody has made");
                        change.OldValue!.Use();
                        change.NewValue!.Use();
                    }

                    read.Dispose();
                }
            ),
                ("W", () => dictionary.Set(First, new Resource())));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A snapshot outlives its guard, and is used under the next one of the same reader: refused, for that one protects nothing of it.</summary>
    public static Scenario OwnedSnapshotUnderLaterGuard => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1);
            World.Run(
                ("S", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    OwningDictionarySnapshot<int, Resource> snapshot = read.Snapshot();
                    read.Dispose();
                    DictionaryRead<int, Resource> later = Read(dictionary, world);
                    try
                    {
                        if (snapshot.TryGetValue(First, out Resource? value))
                        {
                            value.Use();
                        }
                    }
                    catch (InvalidOperationException)
                    {
                        // As it should be.
                    }

                    later.Dispose();
                }
            ),
                ("W", () => dictionary.Set(First, new Resource())));
            world.Drain();
        },
        Plain: 2,
        Full: 3);

    /// <summary>A batch replaces one value, removes another and moves none, while both are read.</summary>
    public static Scenario OwnedBatch => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1);
            dictionary.Set(Second, new Resource());
            World.Run(
                ("R", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    Use(ref read, First);
                    Use(ref read, Second);
                    read.Dispose();
                }
            ),
                ("W", () => dictionary.Update(static batch =>
                {
                    batch.Set(First, new Resource());
                    batch.TryRemove(Second);
                }
            )));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A value is moved to another key by a batch, and then removed there, while a reader looks at both places.</summary>
    public static Scenario OwnedMove => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1);
            World.Run(
                ("R", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    Use(ref read, First);
                    Use(ref read, Second);
                    read.Dispose();
                }
            ),
                ("W", () =>
                {
                    dictionary.Update(static batch =>
                    {
                        batch.TryRemove(First, out Resource? moved);
                        batch.Set(Second, moved!);
                    });
                    dictionary.TryRemove(Second);
                }
            ));
            world.Drain();
        },
        Plain: 1,
        Full: 2);

    /// <summary>A value is taken out and set again under another key, then replaced there, while a lease of it is taken.</summary>
    public static Scenario OwnedTakenAndSetAgain => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 0);
            World.Run(
                ("L", () => UseAndDispose(dictionary)),
                ("W", () =>
                {
                    dictionary.TryTake(First, out Detached<Resource>? taken);
                    dictionary.Set(First, taken!.Value);
                    dictionary.TryRemove(First);
                }
            ));
            world.Drain();
        },
        Plain: 2,
        Full: 3);

    /// <summary>A value is made under a guard older than it, and removed before the guard ends.</summary>
    public static Scenario OwnedMadeUnderGuard => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1);
            var guard = new ReadGuard(world.Slot(0)); // The reader's: what it makes is made inside this one.
            world.Domain.Readers.Advance();
            World.Run(
                ("R", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    read.GetOrAdd(Second, static _ => new Resource()).Use();
                    read.Dispose();
                }
            ),
                ("W", () => dictionary.TryRemove(Second)));
            guard.Dispose();
            world.Drain();
        },
        Plain: 2,
        Full: null);

    /// <summary>A value is made for a lease, and removed while the lease is held.</summary>
    public static Scenario OwnedMadeForLease => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 0);
            World.Run(
                ("L", () =>
                {
                    Lease<Resource> lease = dictionary.GetOrAdd(Second, static _ => new Resource());
                    lease.Value.Use();
                    lease.Dispose();
                }
            ),
                ("W", () => dictionary.TryRemove(Second)));
            world.Drain();
        },
        Plain: 2,
        Full: null);

    /// <summary>The dictionary is disposed while it is read.</summary>
    public static Scenario OwnedDisposal => new(
        static () =>
        {
            (World world, OwningDictionary<int, Resource> dictionary) = Create(readers: 1);
            World.Run(
                ("R", () =>
                {
                    DictionaryRead<int, Resource> read = Read(dictionary, world);
                    try
                    {
                        Model.Assert(read.TryGetValue(First, out Resource? value), "a key was away that nobody has removed");
                        value!.Use();
                    }
                    catch (ObjectDisposedException)
                    {
                        // It came too late.
                    }

                    read.Dispose();
                }
            ),
                ("W", () => dictionary.Dispose()));
            world.Drain();
        },
        Plain: 2,
        Full: 3);

    /// <param name="readers">How many slots for readers.</param>
    /// <param name="hazards">Whether the table of hazards is there already, for leases to come.</param>
    private static (World World, OwningDictionary<int, Resource> Dictionary) Create(int readers, bool hazards = true)
    {
        var world = new World(readers);
        var dictionary = new OwningDictionary<int, Resource>(world.Domain, null, 0, null, new Geometry(Fill: 2, ChunkBits: 1, FlatBits: 1, LeastFill: 1));
        dictionary.Set(First, new Resource());
        if (hazards)
        {
            Model.Assert(dictionary.TryLease(First, out Lease<Resource>? lease), "what was set is not there");
            lease!.Dispose();
        }

        return (world, dictionary);
    }

    private static DictionaryRead<int, Resource> Read(OwningDictionary<int, Resource> dictionary, World world) => new(dictionary, world.Slot(0));

    private static void Use(ref DictionaryRead<int, Resource> read, int key)
    {
        if (read.TryGetValue(key, out Resource? value))
        {
            value.Use();
        }
    }

    private static void UseAndDispose(OwningDictionary<int, Resource> dictionary)
    {
        if (dictionary.TryLease(First, out Lease<Resource>? lease))
        {
            lease.Value.Use();
            lease.Dispose();
        }
    }

    /// <summary>A snapshot that nobody goes on to use: the pages there are, are no longer written.</summary>
    private static void Freeze(OwningDictionary<int, Resource> dictionary, ReaderSlot slot)
    {
        var read = new DictionaryRead<int, Resource>(dictionary, slot);
        _ = read.Snapshot();
        read.Dispose();
    }
}
