namespace SwmrKit.Tests;

/// <summary>The sample as its user meets it: what it prints and its exit code.</summary>
public sealed class CommandLineTests : IClassFixture<SharedMachine>
{
    [Fact]
    public async Task Lookup_prints_each_host_with_its_registrable_domain_or_a_hyphen()
    {
        SampleResult result = await SampleProcess.Run("lookup", "www.bbc.co.uk", "CO.UK", "www.city.kawasaki.jp", "10.0.0.1", "www.xn--fsqu00a.xn--55qx5d.cn", "-json");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            [
                "www.bbc.co.uk\tbbc.co.uk", "CO.UK\t-", "www.city.kawasaki.jp\tcity.kawasaki.jp", "10.0.0.1\t-",
                "www.xn--fsqu00a.xn--55qx5d.cn\txn--fsqu00a.xn--55qx5d.cn", "-json\t-",
            ],
            result.Output);
        Assert.Equal([""], result.Error);
    }

    [Fact]
    public async Task An_option_after_lookup_is_refused_not_looked_up()
    {
        SampleResult result = await SampleProcess.Run("lookup", "example.com", "--json");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'--json' is no host", string.Join('\n', result.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lookup_takes_the_list_it_is_given()
    {
        using var list = new TemporaryList("uk // and no more\n");
        SampleResult result = await SampleProcess.Run("--list", list.FilePath, "lookup", "www.bbc.co.uk");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["www.bbc.co.uk\tco.uk"], result.Output);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_prints_the_usage(string argument)
    {
        SampleResult result = await SampleProcess.Run(argument);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(result.Output, static line => line.Contains("lookup HOST...", StringComparison.Ordinal));
        Assert.Equal([""], result.Error);
    }

    [Theory]
    [InlineData("'--sconds' is not understood", "--sconds", "2")]
    [InlineData("'www.bbc.co.uk' is not understood", "www.bbc.co.uk")]
    [InlineData("--seconds takes a value", "--seconds")]
    [InlineData("--seconds takes a number from 0.5 to 86400, not 'soon'", "--seconds", "soon")]
    [InlineData("--seconds takes a number from 0.5 to 86400, not '0'", "--json", "--seconds", "0")]
    [InlineData("--seconds takes a number from 0.5 to 86400, not 'NaN'", "--seconds", "NaN")]
    [InlineData("--readers takes a number from 1 to 1024, not '0'", "--readers", "0")]
    [InlineData("--readers takes a whole number, not '1.5'", "--readers", "1.5")]
    [InlineData("--list takes a value", "--seconds", "1", "--list")]
    [InlineData("lookup takes at least one host", "lookup")]
    public async Task A_bad_argument_is_named_beside_the_usage_and_the_exit_code_is_two(string message, params string[] arguments)
    {
        SampleResult result = await SampleProcess.Run(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(message, result.Error[0]);
        Assert.Contains(result.Error, static line => line.Contains("lookup HOST...", StringComparison.Ordinal));
        Assert.Equal([""], result.Output);
    }

    [Theory]
    [InlineData("lookup", "www.bbc.co.uk")]
    [InlineData("--seconds", "1")]
    public async Task A_bad_list_is_named_with_its_line_and_reason_and_the_exit_code_is_two(params string[] arguments)
    {
        using var list = new TemporaryList("com\n\nfoo.*.bar\n");
        SampleResult result = await SampleProcess.Run(["--list", list.FilePath, .. arguments]);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal([$"{list.FilePath}:3: 'foo.*.bar': only the whole leftmost label may be a wildcard"], result.Error);
        Assert.Equal([""], result.Output);
    }

    [Fact]
    public async Task A_missing_list_is_named_and_the_exit_code_is_two()
    {
        string missing = Path.Combine(AppContext.BaseDirectory, "no-such-list.dat");
        SampleResult result = await SampleProcess.Run("--list", missing, "lookup", "www.bbc.co.uk");
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(missing + ": ", Assert.Single(result.Error), StringComparison.Ordinal);
    }
}
