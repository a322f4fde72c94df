using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Reporting;

/// <summary>Reports as JSON: members in the order of the model, two spaces, line feeds, the same bytes for the same report.</summary>
public static class ReportJson
{
    /// <summary>The options it is written with.</summary>
    public static readonly JsonSerializerOptions Options = Create();

    /// <summary>Writes a report as UTF-8.</summary>
    public static byte[] Write(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return JsonSerializer.SerializeToUtf8Bytes(report, Options);
    }

    /// <summary>Reads a report, or throws <see cref="JsonException"/>.</summary>
    public static Report Read(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize<Report>(utf8, Options) ?? throw new JsonException("A report is an object.");

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            WriteIndented = true,
            NewLine = "\n",
            // A chart may hold what was not a number; it must not cost the report.
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            // Read by programs and people, never pasted into HTML: letters stay letters.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            AllowOutOfOrderMetadataProperties = true,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
