using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SwmrKit.Tests;

/// <summary>What different cores write is kept 128 bytes apart.</summary>
public sealed class LayoutTests : IClassFixture<SharedMachine>
{
    [Theory]
    [InlineData(typeof(ReaderSlot))]
    [InlineData(typeof(EraClock))]
    [InlineData(typeof(HazardSlot))]
    [InlineData(typeof(ReaderBiasedLock))]
    public void Hot_words_have_a_line_before_and_after_them(Type type)
    {
        FieldInfo words = type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Single(static field => field.FieldType.Name is "Words" or "PaddedWord");
        Type padded = words.FieldType;
        FieldInfo[] fields = padded.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);
        int size = (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(padded).Invoke(null, null)!;
        int first = fields.Where(static f => f.FieldType != typeof(CacheLinePadding)).Min(f => (int)Marshal.OffsetOf(padded, f.Name));
        int last = fields.Where(static f => f.FieldType != typeof(CacheLinePadding)).Max(f => (int)Marshal.OffsetOf(padded, f.Name)) + sizeof(long);
        Assert.True(first >= CacheLinePadding.Size, $"the first word is at {first}");
        Assert.True(size - last >= CacheLinePadding.Size, $"the last word ends {size - last} bytes before the end");
    }
}
