using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SwmrKit;

/// <summary>The published values of one type of options, by name, and what makes them change. One in a service container; the faces that users see stand on it.</summary>
internal sealed class OptionsPublications<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>
    : IPublicationSource<TOptions>, IReloadState, IDisposable
    where TOptions : class
{
    private readonly IOptionsFactory<TOptions> _factory;
    private readonly OptionsReloadStatus _status;
    private readonly ConfigurationFiles _files;
    private readonly IEqualityComparer<TOptions> _comparer;
    private readonly Announcements<TOptions> _announcements;
    private readonly ConcurrentDictionary<string, Publication<TOptions>> _named = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, QuietPeriod> _quietPeriods = new(StringComparer.Ordinal);
    private readonly FrozenSet<string> _configured; // The names for which something reports changes.
    private readonly List<IDisposable> _registrations = [];
    private readonly TimeSpan _debounce;
    private readonly TimeProvider _time;
    private SharedInt32 _isDisposed;

    public OptionsPublications(
        IOptionsFactory<TOptions> factory,
        IEnumerable<IOptionsChangeTokenSource<TOptions>> sources,
        OptionsReloadStatus status,
        ConfigurationFiles files,
        IOptions<OptionsReloadSettings> common,
        IOptions<OptionsReloadSettings<TOptions>> own,
        TimeProvider? time = null)
    {
        _factory = factory;
        _status = status;
        _files = files;
        _time = time ?? TimeProvider.System;
        _comparer = own.Value.Comparer ?? DefaultComparer();
        _debounce = own.Value.Debounce ?? common.Value.Debounce;
        if (_debounce < TimeSpan.Zero || _debounce > TimeSpan.FromDays(1))
        {
            throw new InvalidOperationException($"The debounce of options {typeof(TOptions)} is {_debounce}; it must be from zero to a day. Set it by ConfigureReload or OptionsReloadSettings.");
        }

        _announcements = new Announcements<TOptions>(ReportFailure, (name, exception) => status.ReportListener(new OptionsReloadFailure(typeof(TOptions), name, null, exception)));
        Default = _named.GetOrAdd(Options.DefaultName, New);
        IOptionsChangeTokenSource<TOptions>[] all = [.. sources];
        _configured = all.Select(static source => source.Name ?? Options.DefaultName).ToFrozenSet(StringComparer.Ordinal);
        status.Add(this);
        try
        {
            foreach (IOptionsChangeTokenSource<TOptions> source in all) // Last: a change may come from here on.
            {
                _registrations.Add(ChangeToken.OnChange(source.GetChangeToken, Change, source.Name ?? Options.DefaultName));
            }
        }
        catch
        {
            Dispose(); // Nobody else will: the container makes another when it is asked again.
            throw;
        }
    }

    /// <summary>Those without a name.</summary>
    public Publication<TOptions> Default { get; }

    /// <summary>How many names have been asked for, that without one among them.</summary>
    public int Count => _named.Count;

    public IEnumerable<OptionsReloadFailure> Failures =>
        _named.Values
            .Select(static publication => (publication.Name, publication.Failure))
            .Where(static state => state.Failure is not (null or ConfigurationFileException))
            .Select(static state => new OptionsReloadFailure(typeof(TOptions), state.Name, null, state.Failure!));

    public Publication<TOptions> Of(string? name) =>
        string.IsNullOrEmpty(name) ? Default : _named.TryGetValue(name, out Publication<TOptions>? publication) ? publication : _named.GetOrAdd(name, New);

    public bool TryRemove(string? name) => _named.TryGetValue(name ?? Options.DefaultName, out Publication<TOptions>? publication) && publication.TryRemove();

    public void Clear()
    {
        foreach (Publication<TOptions> publication in _named.Values)
        {
            publication.TryRemove();
        }
    }

    public IDisposable Listen(Action<TOptions, string> listener) => _announcements.Listen(listener);

    /// <summary>Has a failure reported when the lock of the name's publication, which is held here, has been given up.</summary>
    public void Report(string name, Exception failure) => _announcements.AddFailure(name, failure);

    /// <summary>Takes in a change: now, or when the changes have come to rest.</summary>
    public void Change(string name)
    {
        if (_isDisposed.Read() != 0)
        {
            return; // From somebody who reports to those who have left, too.
        }

        Publication<TOptions> publication = Of(name);
        publication.Signal();
        if (_debounce == TimeSpan.Zero)
        {
            publication.Refresh();
        }
        else
        {
            _quietPeriods.GetOrAdd(name, static (_, state) => new QuietPeriod(state.Time, state.Debounce, state.Publication.Refresh), (Time: _time, Debounce: _debounce, Publication: publication)).Signal();
        }
    }

    /// <inheritdoc/>
    public TOptions Build(string name)
    {
        bool isConfigured = _configured.Contains(name);
        if (isConfigured)
        {
            _files.ThrowIfUnavailable();
        }

        TOptions options = _factory.Create(name) // Configures, then validates.
            ?? throw new InvalidOperationException($"The factory of options {typeof(TOptions)} returned null.");
        if (isConfigured)
        {
            _files.ThrowIfUnavailable(); // A file may have failed under our hands.
        }

        return options;
    }

    /// <inheritdoc/>
    public bool AreSame(TOptions inForce, TOptions candidate) => _comparer.Equals(inForce, candidate);

    /// <summary>Changes are no longer taken in; the values in force stay.</summary>
    public void Dispose()
    {
        _isDisposed.Write(1);
        _registrations.ForEach(static registration => registration.Dispose());
        foreach (QuietPeriod period in _quietPeriods.Values)
        {
            period.Dispose();
        }

        _status.Remove(this);
    }

    private static IEqualityComparer<TOptions> DefaultComparer() =>
        RuntimeFeature.IsDynamicCodeSupported ? new FieldwiseComparer<TOptions>() : EqualityComparer<TOptions>.Default;

    private Publication<TOptions> New(string name) => new(name, this, _announcements);

    private void ReportFailure(string name, Exception exception)
    {
        if (exception is not ConfigurationFileException)
        {
            _status.ReportFailure(new OptionsReloadFailure(typeof(TOptions), name, null, exception));
        }
    }
}
