using System.Runtime.CompilerServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for an ordinary variable that threads take turns at: two of them at it without an order between them fail the scenario.</summary>
/// <remarks>The last three parameters of each method are filled in by the compiler, for traces.</remarks>
/// <typeparam name="T">The type of the variable.</typeparam>
public struct PlainData<T>
{
    private Location? _location;

    /// <summary>Creates a variable, known to other threads once its creation has been published to them.</summary>
    /// <param name="value">The initial value.</param>
    public PlainData(T value) => _location = Location.Create(Word.Of((object?)value));

    /// <summary>Reads it, in this thread's turn.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value.</returns>
    public T Read([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.ReadPlain(Location.At(ref _location), new Site(member, file, line)).Reference is T value ? value : default!;

    /// <summary>Writes it, in this thread's turn.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void Write(T value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.WritePlain(Location.At(ref _location), Word.Of((object?)value), new Site(member, file, line));
}
