namespace SwmrKit;

/// <summary>The time that has passed since some moment, in ticks. Of the system's it reads only the counter of milliseconds, which costs a fraction of its timestamp.</summary>
internal readonly struct CacheTime(TimeProvider provider)
{
    private readonly TimeProvider? _provider = ReferenceEquals(provider, TimeProvider.System) ? null : provider;

    public long Now => _provider is null ? Environment.TickCount64 * TimeSpan.TicksPerMillisecond : _provider.GetElapsedTime(0, _provider.GetTimestamp()).Ticks;
}
