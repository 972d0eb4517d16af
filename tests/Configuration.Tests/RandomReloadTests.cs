using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SwmrKit.Tests;

/// <summary>Random sequences of changes, failures, listeners and reads, beside a model of what is to be seen; alone, and under concurrent readers.</summary>
public sealed class RandomReloadTests : IClassFixture<SharedMachine>
{
    private static readonly string[] s_names = ["", "a", "b"];

    public enum Act
    {
        Change,
        Break,
        Report,
        Read,
        Remove,
        Listen,
        StopListening,
        ListenAndThrow,
    }

    public static Arbitrary<Step[]> Steps() =>
        (from kind in Gen.Elements(Enum.GetValues<Act>())
         from name in Gen.Choose(0, s_names.Length - 1)
         from number in Gen.Choose(1, 4) // Few, so that changes to the same come up.
         select new Step(kind, name, number)).ArrayOf().ToArbitrary();

    [Property(Arbitrary = [typeof(RandomReloadTests)], MaxTest = 300)]
    public bool Every_read_and_every_listener_sees_what_the_model_says(Step[] steps)
    {
        using var world = new World();
        foreach (Step step in steps)
        {
            world.Do(step);
        }

        return world.IsAsExpected();
    }

    [Fact]
    public void Control_the_model_notices_a_monitor_that_does_not_keep_the_old_value()
    {
        using var world = new World(ofMicrosoft: true);
        Assert.ThrowsAny<Exception>(() =>
        {
            world.Do(new Step(Act.Read, 0, 0));
            world.Do(new Step(Act.Break, 0, 1));
            Assert.True(world.IsAsExpected());
        });
    }

    [Property(Arbitrary = [typeof(RandomReloadTests)], MaxTest = 60)]
    public bool Under_concurrent_readers_and_writers_values_are_whole_in_order_and_the_last_is_in_force(Step[] first, Step[] second)
    {
        var configuration = new Counter();
        using ServiceProvider provider = configuration.Build();
        IOptionsMonitor<Settings> monitor = provider.GetRequiredService<IOptionsMonitor<Settings>>();
        int lastTold = 0;
        bool inOrder = true;
        monitor.OnChange((settings, name) =>
        {
            inOrder &= settings.IsWhole && settings.First > lastTold && settings.First % 5 != 0;
            lastTold = settings.First;
        });
        int running = 2;
        bool isWhole = true;
        Thread reader = new(() =>
        {
            int last = 0;
            bool goesOn;
            do
            {
                goesOn = Volatile.Read(ref running) > 0; // Once more after the last change.
                try
                {
                    Settings settings = monitor.CurrentValue;
                    isWhole &= settings.IsWhole && settings.First >= last && settings.First % 5 != 0;
                    last = settings.First;
                }
                catch (OptionsValidationException)
                {
                    isWhole &= last == 0; // Only the first value may be refused to a reader.
                }
            }
            while (goesOn);
        });
        Thread[] writers = [.. new[] { first, second }.Select(steps => new Thread(() =>
        {
            foreach (Step step in steps)
            {
                configuration.Change(provider, isReported: step.Act is not (Act.Read or Act.Listen));
            }

            configuration.Change(provider, isReported: true);
            Interlocked.Decrement(ref running);
        }))];
        reader.Start();
        Array.ForEach(writers, static writer => writer.Start());
        Array.ForEach(writers, static writer => writer.Join());
        reader.Join();
        configuration.ChangeToGood(provider);
        return isWhole && inOrder && monitor.CurrentValue.First == configuration.Number && lastTold == configuration.Number;
    }

    public sealed record Step(Act Act, int Name, int Number);

    /// <summary>The monitor and its model, side by side.</summary>
    private sealed class World : IDisposable
    {
        private readonly TestConfiguration _configuration = new();
        private readonly ServiceProvider _provider;
        private readonly IOptionsMonitor<Settings> _monitor;
        private readonly List<(IDisposable Registration, List<(string, int)> Told, List<(string, int)> Expected)> _listeners = [];
        private readonly List<(List<(string, int)> Told, List<(string, int)> Expected)> _former = [];
        private readonly int[] _configured = [1, 1, 1];
        private readonly int?[] _inForce = [null, null, null];
        private readonly string?[] _standing = [null, null, null];
        private readonly List<string> _failures = [];
        private readonly List<string> _expectedFailures = [];
        private bool _isRight = true;

        public World(bool ofMicrosoft = false)
        {
            IServiceCollection services = _configuration.Services("a", "b");
            services.AddSingleton<IValidateOptions<Settings>, Validator>();
            if (!ofMicrosoft)
            {
                services.UseSwmrOptionsMonitor();
            }

            _provider = services.BuildServiceProvider();
            _monitor = _provider.GetRequiredService<IOptionsMonitor<Settings>>();
            if (!ofMicrosoft)
            {
                _provider.GetRequiredService<OptionsReloadStatus>().ReloadFailed += (_, args) => _failures.Add($"{args.Failure.OptionsName}: {args.Failure.Exception.Message}");
            }
        }

        public void Do(Step step)
        {
            switch (step.Act)
            {
                case Act.Change:
                    Change(step.Name, step.Number);
                    break;
                case Act.Break:
                    Change(step.Name, -step.Number);
                    break;
                case Act.Report:
                    _configuration.Report(step.Number);
                    Expect();
                    break;
                case Act.Read:
                    Read(step.Name);
                    break;
                case Act.Remove:
                    bool removed = _provider.GetRequiredService<IOptionsMonitorCache<Settings>>().TryRemove(s_names[step.Name]);
                    _isRight &= removed == _inForce[step.Name] is not null;
                    _inForce[step.Name] = null;
                    break;
                case Act.Listen:
                    var told = new List<(string, int)>();
                    _listeners.Add((_monitor.OnChange((settings, name) => told.Add((name!, settings.IsWhole ? settings.First : int.MinValue)))!, told, []));
                    break;
                case Act.ListenAndThrow:
                    var toldBefore = new List<(string, int)>();
                    _listeners.Add((
                        _monitor.OnChange((settings, name) =>
                        {
                            toldBefore.Add((name!, settings.First));
                            throw new InvalidOperationException("a listener that throws");
                        })!,
                        toldBefore,
                        []));
                    break;
                case Act.StopListening when _listeners.Count > 0:
                    int at = step.Number % _listeners.Count;
                    _listeners[at].Registration.Dispose();
                    _former.Add((_listeners[at].Told, _listeners[at].Expected));
                    _listeners.RemoveAt(at);
                    break;
            }
        }

        public bool IsAsExpected() =>
            _isRight
            && _failures.SequenceEqual(_expectedFailures)
            && _former.Concat(_listeners.Select(static listener => (listener.Told, listener.Expected))).All(static listener => Same(listener.Told, listener.Expected));

        public void Dispose() => _provider.Dispose();

        private void Change(int name, int number)
        {
            _configured[name] = number;
            _configuration.Change(number, name == 0 ? "Settings" : s_names[name]);
            Expect();
        }

        /// <summary>A report concerns every name that is bound; for each, the model says what is in force then, and who has been told.</summary>
        private void Expect()
        {
            for (int name = 0; name < s_names.Length; name++)
            {
                if (_configured[name] < 0)
                {
                    string failure = $"{s_names[name]}: negative: {_configured[name]}";
                    if (_standing[name] != failure)
                    {
                        _standing[name] = failure;
                        _expectedFailures.Add(failure);
                    }

                    continue;
                }

                _standing[name] = null;
                if (_inForce[name] != _configured[name])
                {
                    _inForce[name] = _configured[name];
                    _listeners.ForEach(listener => listener.Expected.Add((s_names[name], _configured[name])));
                }
            }
        }

        private void Read(int name)
        {
            try
            {
                Settings settings = _monitor.Get(s_names[name]);
                _inForce[name] ??= _configured[name];
                _standing[name] = _configured[name] >= 0 ? null : _standing[name];
                _isRight &= settings.IsWhole && settings.First == _inForce[name] && settings.Names.SequenceEqual([$"name {settings.First}"]);
            }
            catch (OptionsValidationException)
            {
                _isRight &= _inForce[name] is null && _configured[name] < 0;
            }
        }

        /// <summary>The order of the names within one report is the sources' own affair.</summary>
        private static bool Same(List<(string, int)> told, List<(string, int)> expected) =>
            s_names.All(name => told.Where(change => change.Item1 == name).SequenceEqual(expected.Where(change => change.Item1 == name)));
    }

    private sealed class Validator : IValidateOptions<Settings>
    {
        public ValidateOptionsResult Validate(string? name, Settings options) => options.First >= 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail($"negative: {options.First}");
    }

    /// <summary>A number that several threads count up; every fifth cannot be used.</summary>
    private sealed class Counter
    {
        private long _numbers = (1L << 32) | 1; // Both halves, changed together.

        public int Number => (int)Volatile.Read(ref _numbers);

        public ServiceProvider Build()
        {
            var services = new ServiceCollection();
            services.AddSwmrOptions<Settings>().Configure(settings =>
            {
                long numbers = Volatile.Read(ref _numbers);
                settings.First = (int)numbers;
                settings.Second = (int)(numbers >> 32);
            }).Validate(static settings => settings.First % 5 != 0, "every fifth is refused");
            return services.BuildServiceProvider();
        }

        public void Change(IServiceProvider provider, bool isReported)
        {
            Interlocked.Add(ref _numbers, (1L << 32) + 1);
            if (isReported)
            {
                provider.GetRequiredService<OptionsPublications<Settings>>().Change("");
            }
        }

        public void ChangeToGood(IServiceProvider provider)
        {
            do
            {
                Change(provider, isReported: true);
            }
            while (Number % 5 == 0);
        }
    }
}
