namespace SwmrKit;

/// <summary>Options are not built while a configuration file cannot be loaded: they would be made of what is left. It has been reported, once, as the file's failure.</summary>
internal sealed class ConfigurationFileException(OptionsReloadFailure failure)
    : InvalidOperationException($"The configuration file '{failure.File}' could not be loaded: {failure.Reason} Mend the file; until it has been loaded again no options are built.", failure.Exception);
