namespace SwmrKit;

/// <summary>What went wrong with a reload of options, and of which. Immutable.</summary>
public sealed class OptionsReloadFailure
{
    internal OptionsReloadFailure(Type? optionsType, string? optionsName, string? file, Exception exception)
    {
        OptionsType = optionsType;
        OptionsName = optionsName;
        File = file;
        Exception = exception;
    }

    /// <summary>The type of the options; null when a configuration file could not be loaded, which may concern many.</summary>
    public Type? OptionsType { get; }

    /// <summary>Their name, empty for those without one; null when a configuration file could not be loaded.</summary>
    public string? OptionsName { get; }

    /// <summary>The path of the configuration file, as its provider has it; null when the failure is not that of a file.</summary>
    public string? File { get; }

    /// <summary>The error: an <c>OptionsValidationException</c> where validation failed.</summary>
    public Exception Exception { get; }

    /// <summary>What failed, and why, in words.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Subject}: {Reason}";

    internal string Subject =>
        File is not null ? $"configuration file '{File}'"
        : string.IsNullOrEmpty(OptionsName) ? $"options {OptionsType}"
        : $"options {OptionsType} '{OptionsName}'";

    /// <summary>A file provider says which file it is, and only within that error what is wrong with it.</summary>
    internal string Reason =>
        File is not null && Exception.GetBaseException() is { } cause && !ReferenceEquals(cause, Exception) ? $"{Exception.Message} {cause.Message}" : Exception.Message;
}

/// <summary>Says what failed.</summary>
/// <param name="failure">The failure.</param>
public sealed class OptionsReloadFailureEventArgs(OptionsReloadFailure failure) : EventArgs
{
    /// <summary>The failure.</summary>
    public OptionsReloadFailure Failure { get; } = failure;
}
