namespace SwmrKit.Tests;

/// <summary>What the torture run makes of its arguments.</summary>
public sealed class TortureCommandLineTests : IClassFixture<SharedMachine>
{
    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_prints_the_usage(string argument)
    {
        SampleResult result = await SampleProcess.RunTorture(argument);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(result.Output, static line => line.Contains("--variant NAME", StringComparison.Ordinal));
        Assert.Contains(result.Output, static line => line.Contains("2, 6 and 18 seconds", StringComparison.Ordinal));
        Assert.Equal([""], result.Error);
    }

    [Theory]
    [InlineData("'--sconds' is not understood", "--sconds", "2")]
    [InlineData("'2' is not understood", "2")]
    [InlineData("--seconds takes a value", "--json", "--seconds")]
    [InlineData("--seconds takes a number from 0.5 to 604800, not 'soon'", "--seconds", "soon")]
    [InlineData("--seconds takes a number from 0.5 to 604800, not '0'", "--seconds", "0")]
    [InlineData("--seconds takes a number from 0.5 to 604800, not 'NaN'", "--seconds", "NaN")]
    [InlineData("--readers takes a number from 1 to 256, not '0'", "--readers", "0")]
    [InlineData("--readers takes a whole number, not '1.5'", "--readers", "1.5")]
    [InlineData("--variant takes a value", "--variant")]
    [InlineData(
        "--variant takes one of HazardWithoutValidation, InnerGuardClearsSlot, InnerGuardTakesFreshEra, NoHeavy, NoUpperRecheck, WriterFenceOnly, all or none, not 'NoLight'",
        "--variant",
        "NoLight")]
    public async Task A_bad_argument_is_named_beside_the_usage_and_the_exit_code_is_two(string message, params string[] arguments)
    {
        SampleResult result = await SampleProcess.RunTorture(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(message, result.Error[0]);
        Assert.Contains(result.Error, static line => line.Contains("--variant NAME", StringComparison.Ordinal));
        Assert.Equal([""], result.Output);
    }
}
