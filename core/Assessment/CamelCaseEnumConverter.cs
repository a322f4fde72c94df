using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment;

/// <summary>Writes and reads an enumeration by its camel-cased names, never by number.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
