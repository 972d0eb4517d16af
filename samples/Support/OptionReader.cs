using System.Globalization;

namespace Samples;

/// <summary>Reads the value behind an option of a command line.</summary>
internal static class OptionReader
{
    /// <exception cref="FormatException">There is none.</exception>
    public static string Value(ReadOnlySpan<string> args, ref int i)
    {
        string name = args[i];
        return ++i < args.Length ? args[i] : throw new FormatException($"{name} takes a value");
    }

    /// <exception cref="FormatException">It is no number, or out of its range.</exception>
    public static double Number(ReadOnlySpan<string> args, ref int i, double least, double most)
    {
        string name = args[i];
        string value = Value(args, ref i);
        return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
            ? number
            : throw new FormatException($"{name} takes a number from {least} to {most}, not '{value}'");
    }

    /// <exception cref="FormatException">It is no whole number, or out of its range.</exception>
    public static int WholeNumber(ReadOnlySpan<string> args, ref int i, int least, int most)
    {
        string name = args[i];
        double number = Number(args, ref i, least, most);
        return number == Math.Floor(number) ? (int)number : throw new FormatException($"{name} takes a whole number, not '{args[i]}'");
    }
}
