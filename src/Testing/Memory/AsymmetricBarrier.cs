using System.Runtime.CompilerServices;

namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for the asymmetric barrier, promising what P1202R5 says and no more.</summary>
/// <remarks>The last three parameters of each method are filled in by the compiler, for traces.</remarks>
public static class AsymmetricBarrier
{
    /// <summary>Always true.</summary>
    public static bool IsAccelerated => true;

    /// <summary>The reader's half: heavy barriers settle what came before it.</summary>
    /// <param name="member">Where the call stands.</param>
    /// <param name="file">Where the call stands.</param>
    /// <param name="line">Where the call stands.</param>
    public static void Light([CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRuntime.Light(new Site(member, file, line));

    /// <summary>The writer's half: fences this thread, each other thread at a moment of its own, and this thread again.</summary>
    public static void Heavy() => ModelRuntime.Heavy(default);
}
