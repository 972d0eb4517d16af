using SwmrKit.Testing;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

public sealed class SwmrEpochProtocolTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void Without_a_barrier_it_frees_what_a_reader_uses(ModelMemory memory)
    {
        ModelResult result = ModelChecker.Check(SwmrEpochProtocol.Of(lightAndHeavy: false), new ModelOptions { Memory = memory });
        output.WriteLine($"{memory}: {result}\n{result.Failure}");
        Assert.NotNull(result.Failure);
    }

    [Theory]
    [InlineData(ModelMemory.Views)]
    [InlineData(ModelMemory.StoreBuffers)]
    public void With_the_asymmetric_barrier_it_does_not(ModelMemory memory)
    {
        ModelResult result = ModelChecker.Check(SwmrEpochProtocol.Of(lightAndHeavy: true), new ModelOptions { Memory = memory });
        output.WriteLine($"{memory}: {result}");
        result.ThrowIfNotProved();
    }
}
