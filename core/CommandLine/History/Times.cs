using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;

namespace Iml4e.CommandLine.History;

/// <summary>Times in answers of the app, UTC.</summary>
internal static class Times
{
    /// <summary>A time; null when the node is anything else.</summary>
    public static DateTime? Read(JsonNode? node) =>
        Json.Text(node) is { } text && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>A time as it stands on the clock here, with its day unless that is today.</summary>
    public static string Describe(DateTime time, DateTime now)
    {
        var local = time.ToLocalTime();
        return local.ToString(local.Date == now.ToLocalTime().Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
