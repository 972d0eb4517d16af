using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace SwmrKit.Tests;

/// <summary>What counts as a change: everything that can be told apart, and nothing else.</summary>
public sealed class FieldwiseComparerTests : IClassFixture<SharedMachine>
{
    public static TheoryData<string> Differences => [.. s_differences.Keys];

    /// <summary>Each is one difference between two objects that are otherwise the same.</summary>
    private static readonly Dictionary<string, Action<Everything>> s_differences = new()
    {
        ["number"] = static x => x.Number++,
        ["text"] = static x => x.Text = "other",
        ["case of text"] = static x => x.Text = "TEXT",
        ["no text"] = static x => x.Text = null,
        ["nullable"] = static x => x.Maybe = null,
        ["enumeration"] = static x => x.Day = DayOfWeek.Friday,
        ["the sign of nothing"] = static x => x.Real = -0.0,
        ["kind of time"] = static x => x.Time = DateTime.SpecifyKind(x.Time, DateTimeKind.Utc),
        ["offset of time"] = static x => x.TimeThere = x.TimeThere.ToOffset(TimeSpan.FromHours(1)),
        ["digits of a decimal"] = static x => x.Price = 1.00m,
        ["fragment of an address"] = static x => x.Address = new Uri("http://localhost/a#c"),
        ["duration"] = static x => x.Duration += TimeSpan.FromTicks(1),
        ["element"] = static x => x.List[1] = "c",
        ["order"] = static x => x.List.Reverse(),
        ["one more"] = static x => x.List.Add("c"),
        ["array"] = static x => x.Array[0][1] = 9,
        ["entry"] = static x => x.Dictionary["b"].Number++,
        ["key"] = static x => x.Dictionary.Add("c", new Inner()),
        ["comparer of keys"] = static x => x.Dictionary = new Dictionary<string, Inner>(x.Dictionary, StringComparer.OrdinalIgnoreCase),
        ["set"] = static x => x.Set.Remove(2),
        ["deep"] = static x => x.Inner.Next = new Inner { Next = new Inner { Number = 7 } },
        ["type"] = static x => x.Anything = 1L,
        ["derived type"] = static x => x.Inner = new Derived(),
        ["private"] = static x => x.SetHidden(4),
        ["of the base"] = static x => x.Below = 4,
        ["structure"] = static x => x.Pair = (1, "other"),
        ["shared"] = static x => x.Second = x.First,
        ["delegate"] = static x => x.Callback = static () => 2,
        ["pattern"] = static x => x.Pattern = new Regex("b"),
    };

    [Fact]
    public void Two_that_cannot_be_told_apart_are_equal() => Assert.True(Equal(new Everything(), new Everything()));

    [Theory]
    [MemberData(nameof(Differences))]
    public void Every_difference_counts(string difference)
    {
        var changed = new Everything();
        s_differences[difference](changed);
        Assert.False(Equal(new Everything(), changed));
        Assert.False(Equal(changed, new Everything()));
    }

    [Fact]
    public void That_one_was_read_does_not_count()
    {
        var read = new Everything();
        _ = read.Dictionary.Keys.Count + read.Dictionary.Values.Count + read.List.Sum(static x => x.Length) + read.Set.Count;
        _ = read.Address.Host + read.Address.Fragment;
        Assert.True(Equal(read, new Everything()));
    }

    [Fact]
    public void Circles_and_long_chains_come_to_an_end()
    {
        Assert.True(Equal(Chain(100_000, close: true), Chain(100_000, close: true)));
        Assert.False(Equal(Chain(100_000, close: true), Chain(100_000, close: false)));
        Assert.False(Equal(Chain(100_000, close: false), Chain(100_001, close: false)));
    }

    [Fact]
    public void What_is_too_large_to_compare_is_different()
    {
        Assert.False(Equal(new Everything { Anything = new byte[2_000_000] }, new Everything { Anything = new byte[2_000_000] }));
        Assert.False(Equal(Chain(1_100_000, close: false), Chain(1_100_000, close: false)));
    }

    [Fact]
    public void Handles_of_the_system_are_never_equal()
    {
        using var x = new Microsoft.Win32.SafeHandles.SafeFileHandle(-2, ownsHandle: false);
        using var y = new Microsoft.Win32.SafeHandles.SafeFileHandle(-2, ownsHandle: false);
        Assert.False(Equal(new Everything { Anything = x }, new Everything { Anything = y }));
        Assert.True(Equal(new Everything { Anything = x }, new Everything { Anything = x }));
    }

    [Fact]
    public void Elements_that_no_field_is_declared_for_count_too()
    {
        var inline = new Inline();
        inline[1] = 7;
        Assert.False(Equal(new Everything { Anything = default(Inline) }, new Everything { Anything = inline }));
        Assert.False(Equal(new Everything { Anything = default(Fixed) }, new Everything { Anything = Fixed.WithSecond(7) }));
    }

    [Fact]
    public void Nothing_of_the_objects_is_run() =>
        Assert.False(new FieldwiseComparer<Refusing>().Equals(new Refusing(1), new Refusing(2)));

    private static bool Equal(Everything x, Everything y) => new FieldwiseComparer<Everything>().Equals(x, y);

    private static Everything Chain(int length, bool close)
    {
        var first = new Inner();
        Inner last = first;
        for (int i = 0; i < length; i++)
        {
            last = last.Next = new Inner();
        }

        last.Next = close ? first : null;
        return new Everything { Inner = first };
    }

    private class Base
    {
        public int Below { get; set; } = 3;
    }

    private sealed class Everything : Base
    {
        private readonly int[] _hidden = [3];

        public Everything()
        {
            First = new Inner();
            Second = new Inner();
        }

        public int Number { get; set; } = 1;

        public string? Text { get; set; } = "text";

        public int? Maybe { get; set; } = 1;

        public DayOfWeek Day { get; set; }

        public double Real { get; set; }

        public DateTime Time { get; set; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Local);

        public DateTimeOffset TimeThere { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public decimal Price { get; set; } = 1.0m;

        public Uri Address { get; set; } = new("http://localhost/a#b");

        public TimeSpan Duration { get; set; } = TimeSpan.FromSeconds(1);

        public List<string> List { get; set; } = ["a", "b"];

        public int[][] Array { get; set; } = [[1, 2], [3]];

        public Dictionary<string, Inner> Dictionary { get; set; } = new() { ["a"] = new Inner(), ["b"] = new Inner() };

        public HashSet<int> Set { get; set; } = [1, 2];

        public Inner Inner { get; set; } = new() { Next = new Inner { Next = new Inner() } };

        public object Anything { get; set; } = 1;

        public (int, string) Pair { get; set; } = (1, "one");

        public Inner First { get; set; }

        public Inner Second { get; set; }

        public Func<int> Callback { get; set; } = static () => 1;

        public Regex Pattern { get; set; } = new("a");

        public void SetHidden(int value) => _hidden[0] = value;
    }

    private class Inner
    {
        public int Number { get; set; }

        public Inner? Next { get; set; }
    }

    private sealed class Derived : Inner;

    [InlineArray(2)]
    private struct Inline
    {
        private int _first;
    }

    private unsafe struct Fixed
    {
        private fixed int _numbers[2];

        public static Fixed WithSecond(int number)
        {
            Fixed result = default;
            result._numbers[1] = number;
            return result;
        }
    }

    private sealed class Refusing(int number)
    {
        public int Number => throw new NotSupportedException($"{number}");

        public override bool Equals(object? obj) => throw new NotSupportedException();

        public override int GetHashCode() => throw new NotSupportedException();
    }
}
