namespace SwmrKit.Testing.Memory;

/// <summary>Stands in for a variable of which each thread has its own.</summary>
/// <typeparam name="TOwner">A class that names the variable: each gives another one.</typeparam>
/// <typeparam name="T">The type of the variable.</typeparam>
public static class ThreadVariable<TOwner, T>
    where TOwner : class
{
    [ThreadStatic]
    private static Box? t_outside;

    /// <summary>The calling thread's variable; <c>default</c> until it is written.</summary>
#pragma warning disable CA1000 // The type arguments are what names the variable.
    public static ref T? Value
#pragma warning restore CA1000
    {
        get
        {
            if (ModelThread.Running is not { } thread)
            {
                return ref (t_outside ??= new Box()).Value;
            }

            if (!thread.Variables.TryGetValue(typeof(ThreadVariable<TOwner, T>), out object? box))
            {
                thread.Variables.Add(typeof(ThreadVariable<TOwner, T>), box = new Box());
            }

            return ref ((Box)box).Value;
        }
    }

    private sealed class Box
    {
        public T? Value;
    }
}
