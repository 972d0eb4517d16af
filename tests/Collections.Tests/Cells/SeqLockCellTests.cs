using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace SwmrKit.Tests;

public sealed class SeqLockCellTests : IClassFixture<SharedMachine>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(256)]
    public void Every_size_of_value_is_read_as_it_was_written(int slots)
    {
        ReadsWhatIsWritten(slots, static i => (byte)i);
        ReadsWhatIsWritten(slots, static i => i % 2 == 0);
        ReadsWhatIsWritten(slots, static i => (short)i);
        ReadsWhatIsWritten(slots, static i => (i, (byte)i));
        ReadsWhatIsWritten(slots, static i => i * 1.5m);
        ReadsWhatIsWritten(slots, static i => (Guid.Empty, i, DateTimeOffset.UnixEpoch.AddDays(i)));
        ReadsWhatIsWritten(slots, static i => new Nothing());
        ReadsWhatIsWritten(slots, static i => new ThreeBytes((byte)i, (byte)(i + 1), (byte)(i + 2)));
        ReadsWhatIsWritten(slots, static i => (i, Words.Of<Words32>(i)), static (written, read) => Words.AreAll(read.Item2, written.i));
        ReadsWhatIsWritten(slots, static i => Words.Of<Words512>(i), static (written, read) => Words.AreAll(read, written[0]));
    }

    [Fact]
    public void The_first_value_is_version_1_and_each_write_the_next()
    {
        var cell = new SeqLockCell<long>(7);
        Assert.Equal(7, cell.Read(out long version));
        Assert.Equal(1, version);
        cell.Write(8);
        Assert.Equal(7 + 1, cell.Exchange(9));
        cell.Update(static (ref value) => value++);
        cell.Update(5, static (ref value, added) => value += added);
        Assert.Equal(15, cell.Read(out version));
        Assert.Equal(5, version);
        Assert.Equal(5, cell.Version);
        Assert.True(cell.TryRead(1, out long value, out version));
        Assert.Equal((15, 5), (value, version));
        Assert.True(cell.TryRead(1, out value));
        Assert.Equal(15, value);
        Assert.Equal(0, cell.LockedReads);
    }

    [Fact]
    public void A_cell_without_a_value_holds_the_default() => Assert.Equal(default, new SeqLockCell<(int, int)>().Read());

    [Theory]
    [InlineData(0)]
    [InlineData(-8)]
    [InlineData(3)]
    [InlineData(512)]
    [InlineData(int.MinValue)]
    public void A_number_of_slots_that_is_no_power_of_two_within_the_bounds_is_refused(int slots) =>
        Assert.Equal("slots", Assert.Throws<ArgumentOutOfRangeException>(() => new SeqLockCell<int>(0, slots)).ParamName);

    [Fact]
    public void A_type_that_is_too_large_is_refused_with_its_size()
    {
        string message = Assert.Throws<NotSupportedException>(() => new SeqLockCell<(Words512, byte)>()).Message;
        Assert.Contains("4104", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void To_try_less_than_once_is_refused(int tries) => Assert.Throws<ArgumentOutOfRangeException>(() => new SeqLockCell<int>().TryRead(tries, out _));

    [Fact]
    public void No_update_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new SeqLockCell<int>().Update(null!));
        Assert.Throws<ArgumentNullException>(() => new SeqLockCell<int>().Update(1, null!));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void An_update_that_throws_leaves_the_value_as_it_was_and_the_cell_usable(int slots)
    {
        var cell = new SeqLockCell<Words8>(Words.Of<Words8>(1), slots);
        for (int i = 0; i < 20; i++)
        {
            Assert.Throws<TimeZoneNotFoundException>(() => cell.Update(static (ref value) =>
            {
                value[3] = 99;
                throw new TimeZoneNotFoundException();
            }));
        }

        Assert.True(Words.AreAll(cell.Read(out long version), 1));
        Assert.Equal(1, version);
        cell.Write(Words.Of<Words8>(2));
        Assert.True(Words.AreAll(cell.Read(), 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void An_update_may_read_the_cell_and_not_write_to_it(int slots)
    {
        var cell = new SeqLockCell<int>(1, slots);
        cell.Update(cell, static (ref value, cell) =>
        {
            value = 2;
            Assert.Equal(1, cell.Read());
            Assert.Throws<InvalidOperationException>(() => cell.Write(3));
            Assert.Throws<InvalidOperationException>(() => cell.Exchange(3));
            Assert.Throws<InvalidOperationException>(() => cell.Update(static (ref value) => value = 3));
            Assert.Equal(1, cell.Read());
        });
        Assert.Equal(2, cell.Read());
        cell.Write(4);
        Assert.Equal(4, cell.Read());
    }

    [Fact]
    public void A_writer_held_up_in_an_update_holds_up_no_reader()
    {
        var cell = new SeqLockCell<int>(1, slots: 1);
        cell.Update(cell, static (ref value, cell) =>
        {
            value = 2;
            int read = 0;
            var other = new Thread(() => read = cell.Read());
            other.Start();
            other.Join();
            Assert.Equal(1, read);
        });
        Assert.Equal(0, cell.LockedReads);
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        var cell = new SeqLockCell<Words32>();
        Words32 value = Words.Of<Words32>(1);
        for (int i = 0; i < 3; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int j = 0; j < 1_000; j++)
            {
                cell.Write(value);
                cell.Read();
                cell.TryRead(1, out _);
                cell.Exchange(value);
                cell.Update(j, static (ref value, j) => value[0] = j);
            }

            if (GC.GetAllocatedBytesForCurrentThread() == before)
            {
                return;
            }
        }

        Assert.Fail("Each of three thousand rounds has allocated.");
    }

    [Property]
    public Property It_is_what_a_variable_is(byte slots, (byte Kind, int Value)[] operations)
    {
        var cell = new SeqLockCell<int>(0, 1 << (slots % 9));
        (int expected, long version) = (0, 1);
        foreach ((byte kind, int value) in operations)
        {
            switch (kind % 4)
            {
                case 0:
                    cell.Write(value);
                    (expected, version) = (value, version + 1);
                    break;
                case 1:
                    int replaced = cell.Exchange(value);
                    if (replaced != expected)
                    {
                        return false.Label($"{replaced} was replaced, not {expected}");
                    }

                    (expected, version) = (value, version + 1);
                    break;
                case 2:
                    cell.Update(value, static (ref current, value) => current = unchecked(current + value));
                    (expected, version) = (unchecked(expected + value), version + 1);
                    break;
                default:
                    try
                    {
                        cell.Update(static (ref current) =>
                        {
                            current = 0;
                            throw new TimeZoneNotFoundException();
                        });
                    }
                    catch (TimeZoneNotFoundException)
                    {
                        // Nothing has happened.
                    }

                    break;
            }

            if (cell.Read(out long read) != expected || read != version || cell.Version != version)
            {
                return false.Label($"{cell.Read()} at {read}, not {expected} at {version}");
            }
        }

        return true.ToProperty();
    }

    private static void ReadsWhatIsWritten<T>(int slots, Func<int, T> create, Func<T, T, bool>? equals = null)
        where T : unmanaged
    {
        equals ??= EqualityComparer<T>.Default.Equals;
        var cell = new SeqLockCell<T>(create(0), slots);
        Assert.True(equals(create(0), cell.Read()));
        for (int i = 1; i <= 2 * slots; i++)
        {
            cell.Write(create(i));
            Assert.True(equals(create(i), cell.Read()), $"{Unsafe.SizeOf<T>()} bytes");
        }
    }

    private readonly record struct Nothing;

    private readonly record struct ThreeBytes(byte A, byte B, byte C);
}
