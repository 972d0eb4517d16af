using System.Text.Json;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The node run whole: clients ask for more pages than there is room for.</summary>
public sealed class CacheNodeTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    [Fact]
    public async Task Pages_are_made_once_never_too_old_never_too_many_and_each_is_told_to_be_gone()
    {
        SampleResult result = await SampleProcess.RunCacheNode("--seconds", TestMode.Choose("2", "20"), "--keep", "500", "--room", "200", "--json");
        output.WriteLine(result.Output[^1]);
        Assert.Equal([""], result.Error);
        Assert.Equal(0, result.ExitCode);
        JsonElement standing = JsonDocument.Parse(result.Output[^1]).RootElement;
        Assert.Equal("SwmrMemoryCache", standing.GetProperty("cache").GetString());
        foreach (string happened in new[] { "requests", "hits", "misses", "made", "expired", "capacity", "entries" })
        {
            Assert.True(standing.GetProperty(happened).GetInt64() > 0, "no " + happened);
        }

        foreach (string wrong in new[] { "tooOld", "madeTwice", "overRoom", "untold" })
        {
            Assert.Equal(0, standing.GetProperty(wrong).GetInt64());
        }
    }

    [Fact]
    public async Task Control_Microsofts_extension_makes_pages_twice_and_the_node_says_so()
    {
        SampleResult result = await SampleProcess.RunCacheNode("--seconds", "3", "--keep", "100", "--clients", "32", "--microsoft", "--json");
        output.WriteLine(result.Output[^1]);
        Assert.True(JsonDocument.Parse(result.Output[^1]).RootElement.GetProperty("madeTwice").GetInt64() > 0);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Error, static line => line.Contains("while somebody was making them", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--seconds")]
    [InlineData("--clients", "0")]
    [InlineData("--keep", "1.5")]
    [InlineData("--room", "many")]
    [InlineData("--what")]
    public async Task Bad_arguments_are_named_beside_the_usage(params string[] arguments)
    {
        SampleResult result = await SampleProcess.RunCacheNode(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(arguments[0], result.Error[0], StringComparison.Ordinal);
        Assert.Contains(result.Error, static line => line.Contains("[--seconds N]", StringComparison.Ordinal));
    }
}
