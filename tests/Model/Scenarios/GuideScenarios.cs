using SwmrKit.Testing;
using SwmrKit.Tests;

namespace SwmrKit;

/// <summary>The guide's protocol of one's own, its very file.</summary>
internal static class GuideScenarios
{
    /// <summary>A part is pulled out and disposed under its users, and another one plugged in.</summary>
    public static Scenario PartPulledOut => new(
        static () =>
        {
            var outlet = new Outlet<Resource>();
            outlet.Plug(new Resource());
            World.Run(
                ("R1", () => Use(outlet)),
                ("R2", () => Use(outlet)),
                ("W", () =>
                {
                    outlet.Unplug(Timeout.InfiniteTimeSpan)!.Dispose();
                    outlet.Plug(new Resource());
                }
            ));
            Model.Assert(Use(outlet), "the other part is in");
        },
        Plain: 1,
        Full: 1);

    /// <summary>Whoever does not wait gets the part only when nobody uses it; otherwise it stays in.</summary>
    public static Scenario PartPulledOutWithoutWaiting => new(
        static () =>
        {
            var outlet = new Outlet<Resource>();
            outlet.Plug(new Resource());
            bool isOut = false;
            World.Run(
                ("R", () => Use(outlet)),
                ("W", () =>
                {
                    try
                    {
                        outlet.Unplug(TimeSpan.Zero)!.Dispose();
                        isOut = true;
                    }
                    catch (TimeoutException)
                    {
                        // The reader was inside.
                    }
                }
            ));
            Model.Assert(Use(outlet) != isOut, "the part is out or in");
        },
        Plain: 2,
        Full: 3);

    private static bool Use(Outlet<Resource> outlet) => outlet.Use(static part =>
    {
        part.Use();
        return true;
    });
}
