using Microsoft.Extensions.Internal;

namespace SwmrKit.Tests;

/// <summary>A date that stands still until the test moves it.</summary>
#pragma warning disable CS0618 // The interface is the way to Microsoft's cache's time.
internal sealed class TestClock : ISystemClock
#pragma warning restore CS0618
{
    public DateTimeOffset UtcNow { get; set; } = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public void Advance(TimeSpan by) => UtcNow += by;
}
