using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>How much is to be run: the plain tests, or with SWMRKIT_TESTS=full the long ones too; and whether this is CI, where nothing may be skipped.</summary>
internal static class TestMode
{
    public static bool IsFull { get; } = string.Equals(Environment.GetEnvironmentVariable("SWMRKIT_TESTS"), "full", StringComparison.OrdinalIgnoreCase);

    public static bool IsCI { get; } = string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes the longer value in a full run.</summary>
    public static T Choose<T>(T plain, T full) => IsFull ? full : plain;

    /// <summary>A test that could not have failed here is a failure in CI; elsewhere it says so and asserts nothing.</summary>
    public static void NoPower(ITestOutputHelper output, string reason)
    {
        Assert.False(IsCI, "no power: " + reason);
        output.WriteLine("NO POWER, nothing was shown: " + reason);
    }
}
