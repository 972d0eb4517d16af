namespace SwmrKit;

/// <summary>Changes a value in place: see <see cref="SeqLockCell{T}.Update(SeqLockUpdate{T})"/>.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="value">The value: what it was, to be changed to what it shall be.</param>
public delegate void SeqLockUpdate<T>(ref T value)
    where T : unmanaged;

/// <summary>Changes a value in place, given an argument: see <see cref="SeqLockCell{T}.Update{TArgument}(TArgument, SeqLockUpdate{T, TArgument})"/>.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <typeparam name="TArgument">The type of the argument.</typeparam>
/// <param name="value">The value: what it was, to be changed to what it shall be.</param>
/// <param name="argument">What the caller has handed over.</param>
public delegate void SeqLockUpdate<T, TArgument>(ref T value, TArgument argument)
    where T : unmanaged
    where TArgument : allows ref struct;
