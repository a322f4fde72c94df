using System.Globalization;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>Converts text to the scalar types that route and path values may have.</summary>
internal static class ScalarConverter
{
    public delegate bool Conversion(string text, out object? value);

    /// <summary>The conversion to a type, nullable or not; null when the type is none of text, Boolean, number, Guid, date, time, enum.</summary>
    public static Conversion? To(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string) || type == typeof(object))
            return (string text, out object? value) => (value = text) is not null;
        if (type.IsEnum)
            return (string text, out object? value) => Enum.TryParse(type, text, true, out value) && Enum.IsDefined(type, value!);
        return Parse<bool>(type, bool.TryParse)
            ?? Parsable<int>(type) ?? Parsable<long>(type) ?? Parsable<short>(type) ?? Parsable<byte>(type)
            ?? Parsable<uint>(type) ?? Parsable<ulong>(type) ?? Parsable<ushort>(type) ?? Parsable<sbyte>(type)
            ?? Parsable<double>(type) ?? Parsable<float>(type) ?? Parsable<decimal>(type)
            ?? Parsable<Guid>(type) ?? Parsable<DateOnly>(type) ?? Parsable<TimeOnly>(type) ?? Parsable<TimeSpan>(type)
            ?? Parse<DateTime>(type, ParseTime) ?? Parsable<DateTimeOffset>(type);
    }

    private static bool ParseTime(string text, out DateTime value)
        => DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out value);

    private static Conversion? Parsable<T>(Type type)
        where T : struct, IParsable<T>
        => Parse(type, static (string text, out T value) => T.TryParse(text, CultureInfo.InvariantCulture, out value));

    private static Conversion? Parse<T>(Type type, TryParse<T> parse)
        where T : struct
    {
        if (type != typeof(T))
            return null;
        return (string text, out object? value) =>
        {
            var ok = parse(text, out var parsed);
            value = ok ? parsed : null;
            return ok;
        };
    }

    private delegate bool TryParse<T>(string text, out T value);
}
