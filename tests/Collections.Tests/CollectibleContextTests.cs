using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace SwmrKit.Tests;

/// <summary>A collectible load context with a domain in it, or with objects retired into one outside, can be unloaded.</summary>
public sealed class CollectibleContextTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_context_whose_domain_and_cell_were_read_on_many_threads_is_gone_after_they_have_been_disposed() =>
        AssertUnloads(static inside => inside.Invoke("UseAndDispose"));

    [Fact]
    public void A_context_whose_domain_and_cell_were_dropped_is_gone_as_well() =>
        AssertUnloads(static inside => inside.Invoke("UseAndDrop"));

    [Fact]
    public void A_context_whose_domain_was_read_on_a_thread_that_lives_on_is_gone_as_well()
    {
        using var leave = new ManualResetEventSlim();
        Thread? thread = null;
        AssertUnloads(inside =>
        {
            using var read = new ManualResetEventSlim();
            thread = ReadAndStay(inside, read, leave);
            read.Wait();
        });
        Assert.True(thread!.IsAlive);
        leave.Set();
        thread.Join();
    }

    [Fact]
    public void Objects_of_a_context_retired_into_a_domain_outside_do_not_keep_it_once_they_are_reclaimed() =>
        AssertUnloads(
            static inside => inside.Invoke("RetireInto", RetirementDomain.Shared),
            shareLibrary: true);

    [Fact]
    public void A_listener_that_throws_when_it_is_told_of_an_instrument_fails_no_domain()
    {
        using (new RetirementDomain())
        {
            // The instruments outside are there, and what follows concerns those of the context alone.
        }

        int refused = 0;
        bool isStarted = false;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (isStarted && instrument.Meter.Name == "SwmrKit")
                {
                    refused++;
                    throw new InvalidOperationException("a listener's failure");
                }
            },
        };
        listener.Start();
        isStarted = true;
        AssertUnloads(static inside => inside.Invoke("UseAndDispose"));
        Assert.True(refused > 1, "one refusal was the end of it");
    }

    [Fact]
    public void Control_what_is_still_pending_in_a_domain_outside_keeps_its_context()
    {
        var domain = new RetirementDomain(new RetirementOptions { FlushDelay = TimeSpan.FromHours(1) });
        WeakReference context;
        using (domain.Enter())
        {
            context = UseAndUnload(inside => inside.Invoke("RetireOnly", domain), shareLibrary: true);
            for (int i = 0; i < 10; i++)
            {
                Collect();
            }

            Assert.True(context.IsAlive);
        }

        Assert.True(domain.Synchronize(TimeSpan.FromSeconds(60)));
        AssertGone(context);
    }

    private static void AssertUnloads(Action<Inside> use, bool shareLibrary = false) => AssertGone(UseAndUnload(use, shareLibrary));

    private static void AssertGone(WeakReference context) => Wait.Until(
        () =>
        {
            Collect();
            return !context.IsAlive;
        },
        "the end of the context");

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Thread ReadAndStay(Inside inside, ManualResetEventSlim read, ManualResetEventSlim leave)
    {
        Action work = inside.Delegate("UseAndDispose");
        var thread = new Thread(() =>
        {
            Run(ref work!);
            read.Set();
            leave.Wait();
        })
        { IsBackground = true };
        thread.Start();
        return thread;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Run(ref Action? work)
    {
        work!();
        work = null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference UseAndUnload(Action<Inside> use, bool shareLibrary)
    {
        var context = new Context(shareLibrary);
        use(new Inside(context));
        Assert.Equal(shareLibrary ? 1 : 3, context.Assemblies.Count());
        context.Unload();
        return new WeakReference(context);
    }

    /// <summary>Loads this test assembly again, and the library with it unless that is shared.</summary>
    private sealed class Context(bool shareLibrary) : AssemblyLoadContext("collectible", isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            bool again = assemblyName.Name == "SwmrKit.Collections.Tests"
                || (!shareLibrary && assemblyName.Name is "SwmrKit.Collections" or "SwmrKit.Barrier");
            return again ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, assemblyName.Name + ".dll")) : null;
        }
    }

    /// <summary>The methods of <see cref="CollectibleWork"/> as the context has them.</summary>
    private sealed class Inside
    {
        private readonly Type _work;

        public Inside(Context context)
        {
            _work = context.LoadFromAssemblyName(new AssemblyName("SwmrKit.Collections.Tests")).GetType(typeof(CollectibleWork).FullName!)!;
            Assert.NotSame(typeof(CollectibleWork), _work);
        }

        public void Invoke(string method, params object[] arguments) =>
            _work.GetMethod(method)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);

        public Action Delegate(string method) => _work.GetMethod(method)!.CreateDelegate<Action>();
    }
}
