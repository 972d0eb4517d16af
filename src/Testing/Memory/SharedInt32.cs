using System.Runtime.CompilerServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for the shared word of the same name: a 32-bit integer that several threads touch, in the memory of the scenario that runs.</summary>
/// <remarks>The last three parameters of each method are filled in by the compiler, for traces. Never copy a word that is in use.</remarks>
public struct SharedInt32
{
    private Location? _location;

    /// <summary>Creates a word, known to other threads once its creation has been published to them.</summary>
    /// <param name="value">The initial value.</param>
    public SharedInt32(int value) => _location = Location.Create(Word.Of(value));

    private Location Here => Location.At(ref _location);

    /// <summary>Reads with acquire semantics.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value.</returns>
    public int Read([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (int)ModelRuntime.Read(Here, Ordering.Acquire, new Site(member, file, line)).Number;

    /// <summary>Writes with release semantics.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void Write(int value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Write(Here, Word.Of(value), Ordering.Release, new Site(member, file, line));

    /// <summary>Reads and orders nothing.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value.</returns>
    public int ReadRelaxed([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (int)ModelRuntime.Read(Here, Ordering.Relaxed, new Site(member, file, line)).Number;

    /// <summary>Writes and orders nothing.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void WriteRelaxed(int value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Write(Here, Word.Of(value), Ordering.Relaxed, new Site(member, file, line));

    /// <summary>Writes with release semantics, then the light barrier.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void Announce(int value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Announce(Here, Word.Of(value), new Site(member, file, line));

    /// <summary>Replaces the value atomically, as a full fence.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value replaced.</returns>
    public int Exchange(int value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (int)ModelRuntime.ReadModifyWrite(Here, _ => Word.Of(value), new Site(member, file, line)).Number;

    /// <summary>Adds atomically, as a full fence.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The sum.</returns>
    public int Add(int value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        unchecked((int)ModelRuntime.ReadModifyWrite(Here, found => Word.Of(unchecked((int)found.Number + value)), new Site(member, file, line)).Number + value);

    /// <summary>Replaces the value atomically if it is the one expected, as a full fence.</summary>
    /// <param name="value">The value.</param>
    /// <param name="comparand">The value expected.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value found.</returns>
    public int CompareExchange(int value, int comparand, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        (int)ModelRuntime.ReadModifyWrite(Here, found => found.Number == comparand ? Word.Of(value) : null, new Site(member, file, line)).Number;
}
