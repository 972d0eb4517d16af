using System.Reflection;

namespace SwmrKit.Tests;

/// <summary>Every test class says whether it may run beside other projects' tests; one that forgot would disturb the stress tests.</summary>
public sealed class TestClassesDeclareTheirMachine : IClassFixture<SharedMachine>
{
    [Fact]
    public void Every_test_class_holds_the_machine_shared_or_exclusively()
    {
        Type[] undeclared =
        [
            .. Assembly.GetExecutingAssembly().GetTypes()
                .Where(static type => type.GetMethods().Any(static method => method.GetCustomAttributes<FactAttribute>().Any()))
                .Where(static type => !typeof(IClassFixture<SharedMachine>).IsAssignableFrom(type) && !typeof(IClassFixture<ExclusiveMachine>).IsAssignableFrom(type)),
        ];

        Assert.Empty(undeclared);
    }
}
