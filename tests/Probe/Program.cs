using System.Globalization;
using SwmrKit.Testing;

namespace SwmrKit.Tests;

/// <summary>
/// A process of its own for questions to the library. It prints one <c>name: value</c> a line; a failure of the barrier is a
/// value too, so that the parent can tell it from a crash.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        bool denied = false;
        foreach (string question in args)
        {
            if (question.StartsWith("deny:", StringComparison.Ordinal))
            {
                Deny(question);
                denied = true;
                continue;
            }

            Console.WriteLine($"{question}: {Answer(question)}");
        }

        Console.Out.Flush();
        if (denied)
        {
            Seccomp.ExitNow(0);
        }

        return 0;
    }

    /// <summary><c>deny:ERROR</c> or <c>deny:ERROR:COMMAND,COMMAND</c>: membarrier fails from here on.</summary>
    private static void Deny(string request)
    {
        // A collection would suspend the other threads, for which the runtime itself needs membarrier; it aborts without.
        GC.TryStartNoGCRegion(200_000_000);
        string[] parts = request.Split(':');
        int[] commands = parts.Length > 2 ? [.. parts[2].Split(',').Select(static part => int.Parse(part, CultureInfo.InvariantCulture))] : [];
        Seccomp.DenyMembarrier(int.Parse(parts[1], CultureInfo.InvariantCulture), commands);
    }

    private static string Answer(string question)
    {
        try
        {
            return question switch
            {
                "tier" => AsymmetricBarrier.Tier.ToString(),
                "accelerated" => AsymmetricBarrier.IsAccelerated.ToString(),
                "describe" => AsymmetricBarrier.Describe(),
                "light" => Light(),
                "heavy" => Heavy(),
                "litmus" => Litmus(),
                "wait" => LitmusOfWaiting(),
                "race" => DetectionRace.Run(),
                "paths" => ReadPaths.RunUntilOptimised(),
                _ => throw new ArgumentException($"'{question}' is not a question", nameof(question)),
            };
        }
        catch (AsymmetricBarrierException exception)
        {
            return "AsymmetricBarrierException " + exception.Message;
        }
    }

    private static string Light()
    {
        AsymmetricBarrier.Light();
        return "returned";
    }

    private static string Heavy()
    {
        AsymmetricBarrier.Heavy();
        return "returned";
    }

    /// <summary>The forbidden outcomes of heavy against light, with those of the control; both at the pace of the heavy barrier.</summary>
    private static string Litmus()
    {
        var options = new LitmusOptions { MeetEvery = 1 };
        LitmusResult control = LitmusControl.RunUntilSeen(Testing.Litmus.Run<StoreBuffering, NoFence, LightFence>, options);
        LitmusResult result = Testing.Litmus.Run<StoreBuffering, HeavyFence, LightFence>(Paced(options));
        return string.Create(CultureInfo.InvariantCulture, $"{result.Forbidden} of {result.Iterations}, control {control.Forbidden}");
    }

    /// <summary>The same against a mere wait, as long as the global barrier takes: what the pace alone hides.</summary>
    private static string LitmusOfWaiting()
    {
        LitmusResult result = Testing.Litmus.Run<StoreBuffering, WaitFence, LightFence>(Paced(new LitmusOptions { MeetEvery = 1 }));
        return string.Create(CultureInfo.InvariantCulture, $"{result.Forbidden} of {result.Iterations}");
    }

    /// <summary>The global barrier takes some 11 ms: a few iterations a batch, and a few hundred in all.</summary>
    private static LitmusOptions Paced(LitmusOptions options) =>
        AsymmetricBarrier.Tier == BarrierTier.Global ? options with { CellsPerBatch = 16, Duration = TimeSpan.FromSeconds(3) } : options;

    private readonly struct NoFence : ILitmusFence
    {
        public static void Execute()
        {
        }
    }

    private readonly struct LightFence : ILitmusFence
    {
        public static void Execute() => AsymmetricBarrier.Light();
    }

    private readonly struct HeavyFence : ILitmusFence
    {
        public static void Execute() => AsymmetricBarrier.Heavy();
    }

    private readonly struct WaitFence : ILitmusFence
    {
        public static void Execute() => Thread.Sleep(11);
    }
}
