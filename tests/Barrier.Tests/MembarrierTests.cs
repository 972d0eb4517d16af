using System.Runtime.InteropServices;

namespace SwmrKit.Tests;

public sealed class MembarrierTests : IClassFixture<SharedMachine>
{
    [Theory]
    [InlineData(Architecture.X64, 324)]
    [InlineData(Architecture.X86, 375)]
    [InlineData(Architecture.Arm, 389)]
    [InlineData(Architecture.Armv6, 389)]
    [InlineData(Architecture.Arm64, 283)]
    [InlineData(Architecture.LoongArch64, 283)]
    [InlineData(Architecture.RiscV64, 283)]
    [InlineData(Architecture.S390x, 356)]
    [InlineData(Architecture.Ppc64le, 365)]
    [InlineData(Architecture.Wasm, 0)]
    public void Its_number_is_that_of_the_kernels_table(Architecture architecture, int number) =>
        Assert.Equal(number, Membarrier.NumberOn(architecture));

    [Fact]
    public void Every_architecture_the_runtime_knows_is_decided_on() =>
        Assert.All(Enum.GetValues<Architecture>().Where(static architecture => architecture != Architecture.Wasm), static architecture => Assert.NotEqual(0, Membarrier.NumberOn(architecture)));

    [Fact]
    public void The_number_used_here_reaches_membarrier_and_no_other_call()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // There is no such call; the table is tested above.
        }

        // QUERY answers a mask in which GLOBAL is always set where there is any command; an unknown command is EINVAL (22).
        int supported = Membarrier.SupportedCommands();
        Assert.True(supported < 0 || (supported & Membarrier.Global) != 0, $"the query answered {supported}");
        Assert.True(Membarrier.Call(1 << 30) < 0);
    }
}
