namespace SwmrKit.Testing;

/// <summary>What a modelled location holds: a number or a reference.</summary>
internal readonly struct Word(long number, object? reference) : IEquatable<Word>
{
    public long Number { get; } = number;

    public object? Reference { get; } = reference;

    public static Word Of(long number) => new(number, null);

    public static Word Of(object? reference) => new(0, reference);

    public bool Equals(Word other) => Number == other.Number && ReferenceEquals(Reference, other.Reference);

    public override bool Equals(object? obj) => obj is Word other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Number, Reference);

    public override string ToString() => Reference is null ? Number.ToString(System.Globalization.CultureInfo.InvariantCulture) : $"a {Reference.GetType().Name}";
}
