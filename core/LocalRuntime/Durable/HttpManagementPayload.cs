using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>The addresses at which an orchestration instance is watched and managed.</summary>
public class HttpManagementPayload
{
    [JsonPropertyName("id")]
    public string? Id { get; internal init; }

    [JsonPropertyName("statusQueryGetUri")]
    public string? StatusQueryGetUri { get; internal init; }

    [JsonPropertyName("sendEventPostUri")]
    public string? SendEventPostUri { get; internal init; }

    [JsonPropertyName("terminatePostUri")]
    public string? TerminatePostUri { get; internal init; }

    [JsonPropertyName("rewindPostUri")]
    public string? RewindPostUri { get; internal init; }

    [JsonPropertyName("purgeHistoryDeleteUri")]
    public string? PurgeHistoryDeleteUri { get; internal init; }

    [JsonPropertyName("restartPostUri")]
    public string? RestartPostUri { get; internal init; }

    [JsonPropertyName("suspendPostUri")]
    public string? SuspendPostUri { get; internal init; }

    [JsonPropertyName("resumePostUri")]
    public string? ResumePostUri { get; internal init; }

    /// <param name="baseAddress">Scheme and authority.</param>
    /// <param name="instanceId">The instance.</param>
    /// <param name="key">The system key; null when none is asked for.</param>
    /// <param name="hub">Query parameters that name the hub, or none.</param>
    internal static HttpManagementPayload Of(string baseAddress, string instanceId, string? key, string hub = "")
    {
        var instance = $"{baseAddress}/runtime/webhooks/durabletask/instances/{Uri.EscapeDataString(instanceId)}";
        var code = key is null ? "" : "code=" + Uri.EscapeDataString(key);
        return new HttpManagementPayload
        {
            Id = instanceId,
            StatusQueryGetUri = Address("", ""),
            SendEventPostUri = Address("/raiseEvent/{eventName}", ""),
            TerminatePostUri = Address("/terminate", "reason={text}"),
            RewindPostUri = Address("/rewind", "reason={text}"),
            PurgeHistoryDeleteUri = Address("", ""),
            RestartPostUri = Address("/restart", ""),
            SuspendPostUri = Address("/suspend", "reason={text}"),
            ResumePostUri = Address("/resume", "reason={text}"),
        };

        string Address(string path, string query)
        {
            var parts = string.Join('&', new[] { query, hub, code }.Where(part => part.Length > 0));
            return instance + path + (parts.Length > 0 ? "?" + parts : "");
        }
    }
}
