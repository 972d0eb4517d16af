namespace SwmrKit.Tests;

/// <summary>The reader of native code tells a fence on the way from one beside it, whichever way round the branch is written.</summary>
public sealed class MachineCodeTests : IClassFixture<SharedMachine>
{
    private const string Look = " 10:\tcmp    BYTE PTR [rip+0x1],0x0        # 99 <__NONGCSTATICSSwmrKit_Barrier_SwmrKit_LightStrategy_Published>\n";
    private const string End = " 20:\tmov    rax,QWORD PTR [rbx]\n 24:\tret\n";

    [Theory]
    [InlineData(" 14:\tjne    20 <Path+0x20>\n 18:\tlock or DWORD PTR [rsp],0x0\n", "", false, true)]
    [InlineData(" 14:\tje     18 <Path+0x18>\n 16:\tjmp    20 <Path+0x20>\n 18:\tlock or DWORD PTR [rsp],0x0\n", "", false, true)]
    [InlineData(" 14:\tje     30 <Path+0x30>\n", " 30:\tlock or DWORD PTR [rsp],0x0\n 34:\tjmp    20 <Path+0x20>\n", false, true)]
    [InlineData(" 14:\tje     20 <Path+0x20>\n 18:\tlock or DWORD PTR [rsp],0x0\n", "", true, false)]
    [InlineData(" 14:\tjne    20 <Path+0x20>\n 18:\tnop\n", "", false, false)]
    [InlineData(" 14:\tjne    18 <Path+0x18>\n 18:\tlock or DWORD PTR [rsp],0x0\n", "", true, true)]
    public void A_fence_is_found_on_the_way_it_is_on(string branch, string behind, bool decidedReaderFences, bool undecidedReaderFences)
    {
        var code = new MachineCode(Look + branch + End + behind);
        Assert.Equal(1, code.Strategies);
        Assert.Equal(decidedReaderFences, code.DecidedReaderFences);
        Assert.Equal(undecidedReaderFences, code.UndecidedReaderFencesAtOnce);
    }
}
