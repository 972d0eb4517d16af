namespace SwmrKit.Tests;

/// <summary>What the certificate sample makes of its arguments.</summary>
public sealed class CertificateCommandLineTests : IClassFixture<SharedMachine>
{
    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_prints_the_usage(string argument)
    {
        SampleResult result = await SampleProcess.RunCertificateRotation(argument);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(result.Output, static line => line.Contains("--rotate-every MS", StringComparison.Ordinal));
        Assert.Equal([""], result.Error);
    }

    [Theory]
    [InlineData("'--sconds' is not understood", "--sconds", "2")]
    [InlineData("'2' is not understood", "2")]
    [InlineData("--seconds takes a value", "--naive", "--seconds")]
    [InlineData("--seconds takes a number from 0.5 to 3600, not 'soon'", "--seconds", "soon")]
    [InlineData("--seconds takes a number from 0.5 to 3600, not 'NaN'", "--seconds", "NaN")]
    [InlineData("--clients takes a number from 1 to 256, not '0'", "--clients", "0")]
    [InlineData("--clients takes a whole number, not '1.5'", "--clients", "1.5")]
    [InlineData("--rotate-every takes a number from 5 to 60000, not '1'", "--json", "--rotate-every", "1")]
    [InlineData("--rotate-every takes a whole number, not '7.5'", "--rotate-every", "7.5")]
    public async Task A_bad_argument_is_named_beside_the_usage_and_the_exit_code_is_two(string message, params string[] arguments)
    {
        SampleResult result = await SampleProcess.RunCertificateRotation(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(message, result.Error[0]);
        Assert.Contains(result.Error, static line => line.Contains("--rotate-every MS", StringComparison.Ordinal));
        Assert.Equal([""], result.Output);
    }
}
