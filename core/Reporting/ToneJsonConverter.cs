using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Reporting;

internal sealed class ToneJsonConverter() : JsonStringEnumConverter<Tone>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
