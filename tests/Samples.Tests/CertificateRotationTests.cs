using System.Text.Json;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>The HTTPS server run whole: clients send requests while its certificate is replaced.</summary>
public sealed class CertificateRotationTests(ITestOutputHelper output) : IClassFixture<ExclusiveMachine>
{
    [Fact]
    public async Task No_request_fails_and_every_certificate_is_disposed_once()
    {
        SampleResult result = await SampleProcess.RunCertificateRotation("--seconds", TestMode.Choose("2", "20"), "--rotate-every", "20", "--json");

        output.WriteLine(result.Output[^1]);
        Assert.Equal([""], result.Error);
        Assert.Equal(0, result.ExitCode);
        Standing standing = Standing.Parse(result.Output[^1]);
        Assert.True(standing.Requests > 0);
        Assert.True(standing.Handshakes > 0);
        Assert.True(standing.Rotations > 1);
        Assert.True(standing.Uploads > 0);
        Assert.True(standing.ReplacedDuringUpload > 0); // Each held a lease while its certificate was replaced, and signed with it afterwards.
        Assert.Equal(standing.Rotations + 1, standing.Retired); // The last one, at the end.
        Assert.Equal(standing.Retired, standing.Disposed);
        Assert.Equal(0, standing.Pending);
        Assert.Equal(0, standing.Failures);
        Assert.Equal(0, standing.UsedAfterDisposal);
        Assert.Equal(0, standing.DisposedAgain);
        Assert.Equal(AsymmetricBarrier.Tier.ToString(), standing.Tier);
    }

    [Fact]
    public async Task Control_disposing_the_old_certificate_at_once_fails_requests_or_is_noticed()
    {
        foreach (string seconds in new[] { "2", "6", "18" })
        {
            SampleResult result = await SampleProcess.RunCertificateRotation("--seconds", seconds, "--rotate-every", "20", "--naive", "--json");
            output.WriteLine(result.Output[^1]);
            Standing standing = Standing.Parse(result.Output[^1]);
            bool noticed = standing.Failures + standing.UsedAfterDisposal > 0;
            Assert.Equal(noticed ? 1 : 0, result.ExitCode);
            if (noticed)
            {
                Assert.NotEqual([""], result.Error);
                return;
            }
        }

        TestMode.NoPower(output, "no request met a certificate that was disposed too early");
    }

    [Fact]
    public async Task Without_json_the_last_line_sums_up()
    {
        SampleResult result = await SampleProcess.RunCertificateRotation("--seconds", "0.5", "--clients", "1");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("1 client(s)", result.Output[0], StringComparison.Ordinal);
        Assert.Matches(
            @"^[\d,]+ requests over [\d,]+ handshakes, [\d,]+ rotations; [\d,]+ uploads, [\d,]+ of them outlived their certificate's time in force: [\d,]+ certificates retired, [\d,]+ disposed, 0 pending; longest delay .* ms; 0 failures$",
            result.Output[^1]);
    }

    private sealed record Standing(
        long Requests,
        long Handshakes,
        long Uploads,
        long ReplacedDuringUpload,
        long Rotations,
        long Retired,
        long Disposed,
        long Pending,
        double LongestDelayMs,
        long Failures,
        long UsedAfterDisposal,
        long DisposedAgain,
        string Tier)
    {
        private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

        /// <exception cref="JsonException">A property is missing.</exception>
        public static Standing Parse(string json) => JsonSerializer.Deserialize<Standing>(json, s_json)!;
    }
}
