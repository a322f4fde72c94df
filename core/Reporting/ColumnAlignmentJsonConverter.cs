using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Reporting;

internal sealed class ColumnAlignmentJsonConverter() : JsonStringEnumConverter<ColumnAlignment>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
