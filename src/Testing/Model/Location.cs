namespace SwmrKit.Testing;

/// <summary>
/// One modelled word. It belongs to one execution at a time; a new execution finds it at its initial value, so that a static
/// variable is the same at the start of each.
/// </summary>
internal sealed class Location
{
    private readonly int _creation;
    private Execution? _execution;
    private Word _initial;
    private int[]? _lastRead;
    private int[]? _lastWrite;
    private int[]? _forkRead;
    private int[]? _forkWrite;

    private Location(Word initial, ModelThread? creator)
    {
        _initial = initial;
        Creator = creator;
        CreatorEpoch = creator?.Epoch ?? 0;
        _creation = creator is null ? 0 : ++creator.Creations;
    }

    /// <summary>Who created it with a value, in which epoch of his; null where it was made outside or by its first use.</summary>
    public ModelThread? Creator { get; }

    public int CreatorEpoch { get; }

    /// <summary>Its number in this execution, by first use.</summary>
    public int Id { get; private set; }

    /// <summary>The same for the same location of another execution, as a rule: creator and count. A collision costs time, never an outcome.</summary>
    public long Key { get; private set; }

    public Word Initial => _initial;

    /// <summary>
    /// The store-buffer memory's value, and that of plain data in either; how often it has changed, and a lock has been left.
    /// </summary>
    public Word Value;
    public int Version;

    /// <summary>The view memory's writes, in modification order.</summary>
    public List<Message> Messages { get; } = [];

    /// <summary>The accesses to plain data that a later one must come after.</summary>
    public int[] LastRead => _lastRead ??= new int[Execution.MostThreads];
    public int[] LastWrite => _lastWrite ??= new int[Execution.MostThreads];

    /// <summary>The same in terms of starts and joins alone, which hold in every schedule.</summary>
    public int[] ForkRead => _forkRead ??= new int[Execution.MostThreads];
    public int[] ForkWrite => _forkWrite ??= new int[Execution.MostThreads];

    /// <summary>Of what has one order, the fingerprint of the last operation; of a word in a memory of single values, that of its last write.</summary>
    public Fingerprint Past { get; set; }

    /// <summary>Creates a location with a value, on the calling model thread if there is one.</summary>
    public static Location Create(Word initial) => new(initial, ModelThread.Running);

    /// <summary>Creates a location of the execution's own, which everybody knows.</summary>
    public static Location CreateUnowned(Word initial) => new(initial, null);

    /// <summary>Finds the location of a word, made on first use where no constructor ran.</summary>
    public static Location At(ref Location? field) => field ??= new Location(default, null);

    /// <summary>Takes the location into an execution: its initial value, no writes, nobody has touched it.</summary>
    public void Enter(Execution execution, ModelThread? toucher)
    {
        if (ReferenceEquals(_execution, execution))
        {
            return;
        }

        if (_execution is { IsAborting: false })
        {
            throw new InvalidOperationException("Two explorations at the same time use the same static variable: check those scenarios one after the other.");
        }

        _execution = execution;
        Id = execution.NextLocationId++;
        Key = Creator is not null && ReferenceEquals(Creator.Execution, execution)
            ? ((long)Creator.Id << 32) | (uint)_creation
            : toucher is null ? -1 : ((long)(toucher.Id + Execution.MostThreads) << 32) | (uint)++toucher.FirstTouches;
        Value = _initial;
        Version = 0;
        Messages.Clear();
        Messages.Add(new Message(_initial, null, null) { Position = 0 });
        (_lastRead, _lastWrite, _forkRead, _forkWrite) = (null, null, null, null);
        Past = default;
    }

    /// <summary>Outside every execution a location is an ordinary variable, and its value the next execution's initial one.</summary>
    public Word Outside
    {
        get => _initial;
        set => _initial = value;
    }
}
