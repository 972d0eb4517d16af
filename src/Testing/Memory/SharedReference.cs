using System.Runtime.CompilerServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for the shared word of the same name: a reference that several threads touch, in the memory of the scenario that runs.</summary>
/// <remarks>The last three parameters of each method are filled in by the compiler, for traces. Never copy a word that is in use.</remarks>
/// <typeparam name="T">The type referred to.</typeparam>
public struct SharedReference<T>
    where T : class
{
    private Location? _location;

    /// <summary>Creates a word, known to other threads once its creation has been published to them.</summary>
    /// <param name="value">The initial value.</param>
    public SharedReference(T? value) => _location = Location.Create(Word.Of(value));

    private Location Here => Location.At(ref _location);

    /// <summary>Reads with acquire semantics.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value.</returns>
    public T? Read([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (T?)ModelRuntime.Read(Here, Ordering.Acquire, new Site(member, file, line)).Reference;

    /// <summary>Writes with release semantics.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void Write(T? value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Write(Here, Word.Of(value), Ordering.Release, new Site(member, file, line));

    /// <summary>Reads and orders nothing.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value.</returns>
    public T? ReadRelaxed([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (T?)ModelRuntime.Read(Here, Ordering.Relaxed, new Site(member, file, line)).Reference;

    /// <summary>Writes and orders nothing.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void WriteRelaxed(T? value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Write(Here, Word.Of(value), Ordering.Relaxed, new Site(member, file, line));

    /// <summary>Writes with release semantics, then the light barrier.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void Announce(T? value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Announce(Here, Word.Of(value), new Site(member, file, line));

    /// <summary>Replaces the value atomically, as a full fence.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value replaced.</returns>
    public T? Exchange(T? value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (T?)ModelRuntime.ReadModifyWrite(Here, _ => Word.Of(value), new Site(member, file, line)).Reference;

    /// <summary>Replaces the value atomically if it is the one expected, as a full fence.</summary>
    /// <param name="value">The value.</param>
    /// <param name="comparand">The value expected.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value found.</returns>
    public T? CompareExchange(T? value, T? comparand, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (T?)ModelRuntime.ReadModifyWrite(Here, found => ReferenceEquals(found.Reference, comparand) ? Word.Of(value) : null, new Site(member, file, line)).Reference;

    /// <summary>Copies words, each read and written atomically, and orders nothing.</summary>
    /// <param name="from">Where from.</param>
    /// <param name="to">Where to.</param>
    /// <exception cref="ArgumentException"><paramref name="to"/> is shorter than <paramref name="from"/>.</exception>
#pragma warning disable CA1000 // It is about words of this type.
    public static void CopyRelaxed(ReadOnlySpan<SharedReference<T>> from, Span<SharedReference<T>> to)
#pragma warning restore CA1000
    {
        if (to.Length < from.Length)
        {
            throw new ArgumentException("There is not room for them.", nameof(to));
        }

        for (int i = 0; i < from.Length; i++)
        {
            ref SharedReference<T> word = ref Unsafe.AsRef(in from[i]); // Its place in memory is made on first use.
            to[i].WriteRelaxed(word.ReadRelaxed());
        }
    }
}
