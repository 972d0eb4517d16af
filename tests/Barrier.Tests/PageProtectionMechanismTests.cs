using System.Runtime.InteropServices;

namespace SwmrKit.Tests;

public sealed class PageProtectionMechanismTests : IClassFixture<SharedMachine>
{
    private static readonly Version s_examined = new(6, 18, 44);

    [Theory]
    [InlineData("flags\t\t: fpu invlpgb vme", "6.12.0", "INVLPGB")]
    [InlineData("flags\t\t: fpu vme", "6.19.0", "newer than 6.18")]
    [InlineData("flags\t\t: fpu vme", "7.0.0", "newer than 6.18")]
    [InlineData(null, "6.12.0", "could not be read")]
    public void It_is_refused_where_it_may_not_fence(string? flags, string kernel, string reason)
    {
        string? refusal = new PageProtectionMechanism(() => flags, new Version(kernel)).Prepare();
        Assert.NotNull(refusal);
        Assert.Contains(IsX86 ? reason : "only x86", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void On_an_examined_x86_kernel_without_INVLPGB_it_works_again_and_again()
    {
        if (!OperatingSystem.IsLinux() || !IsX86)
        {
            return; // There is nothing to run; the refusal is tested above.
        }

        var mechanism = new PageProtectionMechanism(static () => "flags\t\t: fpu vme", s_examined);
        Assert.Null(mechanism.Prepare());
        Parallel.For(0, 100, _ => Assert.Equal(0, mechanism.TryOrder()));
    }

    [Fact]
    public void It_is_never_chosen_unless_forced() => Assert.False(new PageProtectionMechanism(static () => "", s_examined).ChosenAutomatically);

    private static bool IsX86 => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;
}
