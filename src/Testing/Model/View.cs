namespace SwmrKit.Testing;

/// <summary>A write in a location's modification order, with what its reader may learn from it.</summary>
/// <param name="value">What was written.</param>
/// <param name="writer">Who wrote it; null for the initial value.</param>
/// <param name="released">What an acquiring reader sees from then on; null for nothing.</param>
internal sealed class Message(Word value, ModelThread? writer, View? released)
{
    public Word Value { get; } = value;

    public ModelThread? Writer { get; } = writer;

    public View? Released { get; set; } = released;

    /// <summary>Its writer's fingerprint when it was written.</summary>
    public Fingerprint Past { get; init; }

    /// <summary>Its place in the modification order.</summary>
    public int Position { get; set; }

    /// <summary>Whether the next write in the order is an atomic update of this one: nothing comes between the two.</summary>
    public bool IsUpdated { get; set; }
}

/// <summary>For each location the latest write that must be taken into account, and for each thread how much of it has happened before.</summary>
internal sealed class View
{
    private Message?[] _seen = new Message?[16];

    public int[] Clock { get; } = new int[Execution.MostThreads];

    public int PositionAt(Location location) => location.Id < _seen.Length ? _seen[location.Id]?.Position ?? 0 : 0;

    public void See(Location location, Message message)
    {
        if (location.Id >= _seen.Length)
        {
            Array.Resize(ref _seen, Math.Max(location.Id + 1, _seen.Length * 2));
        }

        if (_seen[location.Id] is not { } known || known.Position < message.Position)
        {
            _seen[location.Id] = message;
        }
    }

    /// <summary>Takes in the writes another view knows, and not what happened before them.</summary>
    public void JoinWrites(View other)
    {
        if (other._seen.Length > _seen.Length)
        {
            Array.Resize(ref _seen, other._seen.Length);
        }

        for (int i = 0; i < other._seen.Length; i++)
        {
            if (other._seen[i] is { } theirs && (_seen[i] is not { } mine || mine.Position < theirs.Position))
            {
                _seen[i] = theirs;
            }
        }
    }

    /// <summary>Whether to take in the other's writes would change nothing.</summary>
    public bool KnowsWritesOf(View other)
    {
        for (int i = 0; i < other._seen.Length; i++)
        {
            if (other._seen[i] is { } theirs && (i >= _seen.Length || _seen[i] is not { } mine ? theirs.Position > 0 : mine.Position < theirs.Position))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes in another view whole.</summary>
    public void Join(View? other)
    {
        if (other is null)
        {
            return;
        }

        JoinWrites(other);
        for (int i = 0; i < Clock.Length; i++)
        {
            Clock[i] = Math.Max(Clock[i], other.Clock[i]);
        }
    }

    public View Copy()
    {
        var copy = new View();
        copy.Join(this);
        return copy;
    }
}
