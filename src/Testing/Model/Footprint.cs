namespace SwmrKit.Testing;

/// <summary>What an operation looks at and what it may change: two that do not meet can be done in either order.</summary>
/// <param name="Read">The location it only reads, or null.</param>
/// <param name="Written">The location it writes, or null.</param>
/// <param name="AlsoWritten">More that it writes, or counts as writing; or null.</param>
internal readonly record struct Footprint(Location? Read, Location? Written, HashSet<Location>? AlsoWritten)
{
    public bool Meets(in Footprint other) => Changes(other.Read) || Changes(other.Written) || other.Changes(Read) || other.Changes(Written)
        || (AlsoWritten is not null && other.AlsoWritten is not null && AlsoWritten.Overlaps(other.AlsoWritten));

    private bool Changes(Location? location) => location is not null && (ReferenceEquals(location, Written) || (AlsoWritten?.Contains(location) ?? false));
}
