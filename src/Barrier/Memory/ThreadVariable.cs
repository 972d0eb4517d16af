using System.Runtime.CompilerServices;

namespace SwmrKit.Memory;

/// <summary>
/// A variable of which each thread has its own: <see cref="ThreadStaticAttribute"/> behind the seam of the shared words.
/// </summary>
/// <typeparam name="TOwner">A class that names the variable: each gives another one.</typeparam>
/// <typeparam name="T">The type of the variable.</typeparam>
public static class ThreadVariable<TOwner, T>
    where TOwner : class
{
    [ThreadStatic]
    private static T? t_value;

    /// <summary>The calling thread's variable; <c>default</c> until it is written.</summary>
#pragma warning disable CA1000 // The type arguments are what names the variable.
    public static ref T? Value
#pragma warning restore CA1000
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref t_value;
    }
}
