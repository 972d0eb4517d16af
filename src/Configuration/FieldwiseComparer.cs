using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ConstrainedExecution;

namespace SwmrKit;

/// <summary>
/// Finds two objects equal when nobody could tell them apart but by their identity: the same types with the same values in all their fields, through all they refer to.
/// </summary>
/// <remarks>
/// It errs on one side only: what it does not understand, or what is too large, is different. So a reload may be announced that has brought nothing new, but none is
/// taken for nothing that has. It runs no code of the objects.
/// </remarks>
internal sealed class FieldwiseComparer<T> : IEqualityComparer<T>
    where T : class
{
    /// <summary>How many pairs are compared at most.</summary>
    private const int MostPairs = 1_000_000;

    /// <summary>What a dictionary makes when it is read, and how often it was written: no content.</summary>
    private static readonly string[] s_noContent = ["_keys", "_values", "_version"];

    public bool Equals(T? x, T? y) => new Comparison().AreEqual(x, y);

    public int GetHashCode(T obj) => obj.GetType().GetHashCode();

    private sealed class Comparison
    {
        // Who was met with whom, both ways: what is one object on one side must be one on the other.
        private readonly Dictionary<object, object> _pairs = new(ReferenceEqualityComparer.Instance);
        private readonly HashSet<object> _partners = new(ReferenceEqualityComparer.Instance);
        private readonly Stack<(object, object)> _open = new();
        private readonly Dictionary<Type, FieldInfo[]> _fields = [];
        private int _met;

        public bool AreEqual(object? x, object? y)
        {
            if (!Meet(x, y))
            {
                return false;
            }

            while (_open.TryPop(out (object X, object Y) pair))
            {
                if (!HaveEqualContent(pair.X, pair.Y))
                {
                    return false;
                }
            }

            return true;
        }

        /// <summary>Compares what can be compared at once; the rest is put on the stack: however deep it goes.</summary>
        private bool Meet(object? x, object? y)
        {
            if (ReferenceEquals(x, y))
            {
                return true;
            }

            if (x is null || y is null || x.GetType() != y.GetType())
            {
                return false;
            }

            switch (x)
            {
                case string or bool or char or sbyte or byte or short or ushort or int or uint or long or ulong or nint or nuint or Enum or Delegate:
                    return x.Equals(y);
                case double number:
                    return BitConverter.DoubleToInt64Bits(number) == BitConverter.DoubleToInt64Bits((double)y);
                case float number:
                    return BitConverter.SingleToInt32Bits(number) == BitConverter.SingleToInt32Bits((float)y);
                case Uri uri: // Its other fields are filled in when they are asked for.
                    return uri.OriginalString == ((Uri)y).OriginalString && uri.IsAbsoluteUri == ((Uri)y).IsAbsoluteUri;
                case MemberInfo or Pointer or CriticalFinalizerObject:
                    return false; // Of these there are no two alike.
            }

            if (++_met > MostPairs)
            {
                return false;
            }

            if (!x.GetType().IsValueType)
            {
                if (_pairs.TryGetValue(x, out object? met))
                {
                    return ReferenceEquals(met, y);
                }

                _pairs.Add(x, y);
                if (!_partners.Add(y))
                {
                    return false;
                }
            }

            _open.Push((x, y));
            return true;
        }

        private bool HaveEqualContent(object x, object y)
        {
            if (x is Array first)
            {
                return HaveEqualElements(first, (Array)y);
            }

            if (x is ValueType && HasUndeclaredElements(x.GetType()))
            {
                return false;
            }

            for (Type? type = x.GetType(); type is not null; type = type.BaseType)
            {
                bool isDictionary = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>);
                foreach (FieldInfo field in Fields(type))
                {
                    if (isDictionary && s_noContent.Contains(field.Name))
                    {
                        continue;
                    }

                    if (field.FieldType.IsPointer || field.FieldType.IsFunctionPointer || !Meet(field.GetValue(x), field.GetValue(y)))
                    {
                        return false;
                    }
                }
            }

            return true;
        }

        private bool HaveEqualElements(Array x, Array y)
        {
            if (x.Rank != 1 || x.Length != y.Length || x.GetLowerBound(0) != y.GetLowerBound(0) || x.Length > MostPairs || x.GetType().GetElementType()!.IsPointer)
            {
                return false;
            }

            for (int i = x.GetLowerBound(0); i <= x.GetUpperBound(0); i++)
            {
                if (!Meet(x.GetValue(i), y.GetValue(i)))
                {
                    return false;
                }
            }

            return true;
        }

        [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A field that was trimmed is one that no code reads: nobody can tell by it.")]
        private FieldInfo[] Fields(Type type)
        {
            if (!_fields.TryGetValue(type, out FieldInfo[]? fields))
            {
                fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
                _fields.Add(type, fields);
            }

            return fields;
        }

        /// <summary>Inline arrays, and what a fixed buffer is made of, declare a field for their first element only.</summary>
        private bool HasUndeclaredElements(Type type) =>
            Fields(type).Length == 1 && (type.IsDefined(typeof(InlineArrayAttribute), inherit: false) || type.IsDefined(typeof(UnsafeValueTypeAttribute), inherit: false));
    }
}
