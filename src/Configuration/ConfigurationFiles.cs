using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace SwmrKit;

/// <summary>
/// The files of the container's configuration: while one of them cannot be loaded, no options are built from what is left.
/// </summary>
/// <remarks>
/// <para>A file provider whose file turns out malformed on a reload empties its data and throws where nobody catches it; one whose required file is gone empties its
/// data and says that it was reloaded. Options built then would be the defaults, and may well be valid.</para>
/// <para>A provider gives out a new reload token with each load that succeeds. So a failure stands until the token that was current then has changed, or until the provider is
/// no longer among those of the configuration: <see cref="ConfigurationManager"/> makes all of them anew when its sources change.</para>
/// </remarks>
internal sealed class ConfigurationFiles : IReloadState, IDisposable
{
    private readonly OptionsReloadStatus _status;
    private readonly TimeProvider _time;
    private readonly IConfiguration[] _configurations;
    private readonly Lock _lock = new();

    // Guarded by the lock.
    private readonly HashSet<FileConfigurationSource> _watched = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<FileConfigurationProvider, Fault> _faults = new(ReferenceEqualityComparer.Instance);
    private readonly List<IDisposable> _registrations = [];
    private bool _isDisposed;

    public ConfigurationFiles(IServiceProvider services, OptionsReloadStatus status, IEnumerable<WatchedConfiguration> others, TimeProvider? time = null)
    {
        _status = status;
        _time = time ?? TimeProvider.System;
        _configurations = [.. new[] { services.GetService<IConfiguration>() }.OfType<IConfiguration>(), .. others.Select(static other => other.Configuration)];
        Watch();
        status.Add(this);
    }

    public IEnumerable<OptionsReloadFailure> Failures => Standing(Current()).Select(static fault => fault.Failure);

    /// <summary>Refuses to go on while a file could not be loaded.</summary>
    /// <exception cref="ConfigurationFileException">That is so; it has been reported.</exception>
    public void ThrowIfUnavailable()
    {
        List<FileConfigurationProvider> providers = Watch();
        foreach (FileConfigurationProvider provider in providers)
        {
            FileConfigurationSource source = provider.Source;
            if (!source.Optional && source.ReloadOnChange && source.FileProvider?.GetFileInfo(source.Path ?? "").Exists == false)
            {
                Note(provider, provider.GetReloadToken(), new FileNotFoundException("The file is missing, and not optional.", source.Path));
            }
        }

        if (Standing(providers).FirstOrDefault() is { } fault)
        {
            throw new ConfigurationFileException(fault.Failure);
        }
    }

    public void Dispose()
    {
        _status.Remove(this);
        IDisposable[] registrations;
        lock (_lock)
        {
            _isDisposed = true;
            registrations = [.. _registrations];
        }

        Array.ForEach(registrations, static registration => registration.Dispose());
    }

    private List<FileConfigurationProvider> Current() => [.. _configurations.SelectMany(Providers)];

    private Fault[] Standing(List<FileConfigurationProvider> providers)
    {
        lock (_lock)
        {
            return [.. providers.Select(provider => _faults.GetValueOrDefault(provider)).OfType<Fault>().Where(static fault => fault.Stands)];
        }
    }

    /// <summary>Looks for files that have not been watched before: sources may be added at any time.</summary>
    private List<FileConfigurationProvider> Watch()
    {
        List<FileConfigurationProvider> providers = Current();
        foreach (FileConfigurationProvider provider in providers)
        {
            bool isNew;
            lock (_lock)
            {
                isNew = !_isDisposed && _watched.Add(provider.Source);
            }

            if (isNew)
            {
                Watch(provider.Source);
            }
        }

        return providers;
    }

    private void Watch(FileConfigurationSource source)
    {
        Own(new LoadErrors(this, source));
        if (source.ReloadOnChange && source.FileProvider is { } files && source.Path is { } path)
        {
            Own(ChangeToken.OnChange(() => files.Watch(path), () => _ = TryOpenLater(source)));
        }
    }

    /// <summary>Disposes something with this.</summary>
    private void Own(IDisposable registration)
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _registrations.Add(registration);
                return;
            }
        }

        registration.Dispose();
    }

    /// <summary>A file that cannot even be opened fails before its provider asks anybody, and keeps its data: only the error is missing.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever opening the file throws is what is reported.")]
    private async Task TryOpenLater(FileConfigurationSource source)
    {
        (FileConfigurationProvider Provider, IChangeToken Loaded)[] concerned =
            [.. Current().Where(provider => ReferenceEquals(provider.Source, source)).Select(static provider => (provider, provider.GetReloadToken()))];
        await Task.Delay(TimeSpan.FromMilliseconds(source.ReloadDelay), _time).ConfigureAwait(false);
        try
        {
            IFileInfo file = source.FileProvider!.GetFileInfo(source.Path!);
            if (file.Exists)
            {
                Stream stream = file.PhysicalPath is { } path
                    ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1)
                    : file.CreateReadStream();
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            foreach ((FileConfigurationProvider provider, IChangeToken loaded) in concerned)
            {
                Note(provider, loaded, exception); // Of no account where the provider has fared better.
            }
        }
    }

    private void Note(FileConfigurationProvider provider, IChangeToken loaded, Exception exception)
    {
        List<FileConfigurationProvider> providers = Current();
        var fault = new Fault(new OptionsReloadFailure(null, null, provider.Source.Path, exception), loaded);
        lock (_lock)
        {
            // Those of providers that are no more are of no account, and not kept.
            foreach (FileConfigurationProvider gone in _faults.Keys.Except(providers).ToArray())
            {
                _faults.Remove(gone);
            }

            // The same again: from a reload, and from those who looked before it had ended.
            bool isKnown = _faults.TryGetValue(provider, out Fault? known) && known.Stands
                && known.Failure.Exception.GetType() == exception.GetType() && known.Failure.Exception.Message == exception.Message;
            _faults[provider] = fault;
            if (isKnown || _isDisposed || !fault.Stands)
            {
                return;
            }
        }

        _status.ReportFailure(fault.Failure);
    }

    private static IEnumerable<FileConfigurationProvider> Providers(IConfiguration configuration) =>
        configuration is not IConfigurationRoot root
            ? []
            : root.Providers.SelectMany(static provider => provider switch
            {
                FileConfigurationProvider file => [file],
                ChainedConfigurationProvider chained => Providers(chained.Configuration),
                _ => [],
            });

    /// <summary>Hears of a source's errors, beside whom it told of them before. The source may live longer than the container, and is not to keep it.</summary>
    private sealed class LoadErrors : IDisposable
    {
        private readonly FileConfigurationSource _source;
        private readonly Action<FileLoadExceptionContext>? _inner;
        private ConfigurationFiles? _files;

        public LoadErrors(ConfigurationFiles files, FileConfigurationSource source)
        {
            _files = files;
            _source = source;
            _inner = SkipDisposed(source.OnLoadException);
            source.OnLoadException = Handle;
        }

        public void Dispose()
        {
            Volatile.Write(ref _files, null);
            _source.OnLoadException = SkipDisposed(_source.OnLoadException);
        }

        private static Action<FileLoadExceptionContext>? SkipDisposed(Action<FileLoadExceptionContext>? handler)
        {
            while (handler?.Target is LoadErrors errors && Volatile.Read(ref errors._files) is null)
            {
                handler = errors._inner;
            }

            return handler;
        }

        private void Handle(FileLoadExceptionContext context)
        {
            _inner?.Invoke(context);
            if (!context.Ignore)
            {
                Volatile.Read(ref _files)?.Note(context.Provider, context.Provider.GetReloadToken(), context.Exception);
            }
        }
    }

    private sealed record Fault(OptionsReloadFailure Failure, IChangeToken Token)
    {
        public bool Stands => !Token.HasChanged;
    }
}

/// <summary>A configuration, besides the container's own, whose files are to be watched.</summary>
internal sealed record WatchedConfiguration(IConfigurationRoot Configuration);
