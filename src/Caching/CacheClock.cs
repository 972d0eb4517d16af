using Microsoft.Extensions.Internal;

namespace SwmrKit;

/// <summary>
/// The cache's time: milliseconds since year 1, UTC. Of the system's clock the hits read only the counter of the milliseconds since it was started, which costs a
/// fraction; how far that is from the date is looked up again at each write and each scan.
/// </summary>
/// <remarks>A date that jumps is so noticed with the next write or scan. A clock of the user's (<see cref="TimeProvider"/>, <c>MemoryCacheOptions.Clock</c>) is asked each time.</remarks>
internal sealed class CacheClock
{
    private readonly TimeProvider? _provider;
#pragma warning disable CS0618 // The interface is Microsoft's own way to a clock of tests.
    private readonly ISystemClock? _clock;

    // A hit reads it while a write may set it: any value it has had will do.
    private SharedInt64 _start;
    private SharedInt64 _recently;

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

    /// <summary>Now, cheaply.</summary>
    public long Now => IsCoarse ? _start.ReadRelaxed() + Environment.TickCount64 : ToMilliseconds(UtcNow);

    /// <summary>When something was written last, or now for a clock of the user's.</summary>
    public long Recently => IsCoarse ? _recently.ReadRelaxed() : Now;

    private DateTimeOffset UtcNow => _clock is not null ? _clock.UtcNow : (_provider ?? TimeProvider.System).GetUtcNow();

    /// <summary>The first millisecond not before a date.</summary>
    public static long ToMilliseconds(DateTimeOffset date) => ((date.UtcTicks - 1) / TimeSpan.TicksPerMillisecond) + 1;

    /// <summary>Now, exactly; the cheap time is set by it.</summary>
    public DateTimeOffset Adjust()
    {
        DateTimeOffset now = UtcNow;
        if (IsCoarse)
        {
            long milliseconds = ToMilliseconds(now);
            if (milliseconds != _recently.ReadRelaxed())
            {
                _recently.WriteRelaxed(milliseconds);
            }

            long start = milliseconds - Environment.TickCount64;
            if (Math.Abs(start - _start.ReadRelaxed()) > 20) // Less is the counter's own step.
            {
                _start.WriteRelaxed(start);
            }
        }

        return now;
    }
}
