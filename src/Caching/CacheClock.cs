using Microsoft.Extensions.Internal;

namespace SwmrKit;

/// <summary>
/// The cache's time: ticks since year 1, UTC. Of the system's clock it reads only the counter of the milliseconds since it was started, which costs a
/// fraction; how far that is from the date is looked up again by scans, and by writes once a second.
/// </summary>
/// <remarks>A date that jumps is noticed then. A clock of the user's (<see cref="TimeProvider"/>, <c>MemoryCacheOptions.Clock</c>) is asked each time.</remarks>
internal sealed class CacheClock
{
    private readonly TimeProvider? _provider;
#pragma warning disable CS0618 // The interface is Microsoft's own way to a clock of tests.
    private readonly ISystemClock? _clock;

    // Hits read these while a write may set them: any value they have had will do.
    private SharedInt64 _start;
    private SharedInt64 _recently;
    private SharedInt64 _adjusted;

    public CacheClock(TimeProvider provider, ISystemClock? clock)
    {
        _clock = clock;
        _provider = clock is null && !ReferenceEquals(provider, TimeProvider.System) ? provider : null;
        IsCoarse = _clock is null && _provider is null;
        Adjust();
    }
#pragma warning restore CS0618

    /// <summary>Whether it is the system's, whose steps are some milliseconds.</summary>
    public bool IsCoarse { get; }

    /// <summary>Now.</summary>
    public long Now => IsCoarse ? _start.ReadRelaxed() + (Environment.TickCount64 * TimeSpan.TicksPerMillisecond) : Exactly;

    /// <summary>When something was written last; of a clock of the user's, now.</summary>
    public long Recently => IsCoarse ? _recently.ReadRelaxed() : Now;

    private long Exactly => (_clock is not null ? _clock.UtcNow : (_provider ?? TimeProvider.System).GetUtcNow()).UtcTicks;

    /// <summary>Now, of a write.</summary>
    public long NowOfWrite()
    {
        if (!IsCoarse)
        {
            return Exactly;
        }

        long now = Now;
        if (now - _adjusted.ReadRelaxed() > TimeSpan.TicksPerSecond)
        {
            Adjust();
            now = Now;
        }

        if (now != _recently.ReadRelaxed())
        {
            _recently.WriteRelaxed(now);
        }

        return now;
    }

    /// <summary>Looks up the date.</summary>
    public void Adjust()
    {
        if (!IsCoarse)
        {
            return;
        }

        long now = Exactly;
        long start = now - (Environment.TickCount64 * TimeSpan.TicksPerMillisecond);
        if (Math.Abs(start - _start.ReadRelaxed()) > 20 * TimeSpan.TicksPerMillisecond) // Less is the counter's own step.
        {
            _start.WriteRelaxed(start);
        }

        _adjusted.WriteRelaxed(now);
    }
}
