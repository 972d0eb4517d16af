using System.Runtime.CompilerServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for the shared word of the same name: a reference or a small primitive that several threads touch, in the memory of the scenario that runs.</summary>
/// <remarks>The last three parameters of each method are filled in by the compiler, for traces. Never copy a word that is in use.</remarks>
/// <typeparam name="T">The type of the value.</typeparam>
public struct SharedValue<T>
{
    private Location? _location;

    /// <summary>Whether reads and writes of the type cannot tear.</summary>
#pragma warning disable CA1000 // It is about the type argument.
    public static bool IsAtomic => !typeof(T).IsValueType || ((typeof(T).IsPrimitive || typeof(T).IsEnum) && Unsafe.SizeOf<T>() <= nint.Size);
#pragma warning restore CA1000

    private Location Here => Location.At(ref _location);

    /// <summary>Reads with acquire semantics.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value.</returns>
    public T Read([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        From(ModelRuntime.Read(Here, Ordering.Acquire, new Site(member, file, line)));

    /// <summary>Writes with release semantics.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void Write(T value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Write(Here, Word.Of((object?)value), Ordering.Release, new Site(member, file, line));

    /// <summary>Reads and orders nothing.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    /// <returns>The value.</returns>
    public T ReadRelaxed([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        From(ModelRuntime.Read(Here, Ordering.Relaxed, new Site(member, file, line)));

    /// <summary>Writes and orders nothing.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public void WriteRelaxed(T value, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Write(Here, Word.Of((object?)value), Ordering.Relaxed, new Site(member, file, line));

    // As in production, a reference is handed on unchecked: what is stored may be a private object that is no T.
    private static T From(Word word)
    {
        object? reference = word.Reference;
        return typeof(T).IsValueType ? reference is T value ? value : default! : Unsafe.As<object?, T>(ref reference);
    }
}
