using System.Text.Json.Nodes;

namespace Iml4e.CommandLine.Jobs;

/// <summary>Exit codes of <c>iml4e job</c>, for pipelines that use it as a quality gate.</summary>
internal static class ExitCodes
{
    /// <summary>The job ended, and its result was accepted or nothing was asked of it.</summary>
    public const int Accepted = 0;

    /// <summary>The job failed, was cancelled, or the app could not be reached.</summary>
    public const int Failed = 1;

    /// <summary>The request is wrong.</summary>
    public const int BadRequest = 2;

    /// <summary>The job ended and its result does not fulfil the acceptance expression.</summary>
    public const int NotAccepted = 3;

    /// <summary>The exit code for a job document that is no longer pending or running.</summary>
    public static int Of(JsonNode job)
    {
        if ((string?)job["status"] != "completed")
            return Failed;
        return job["accepted"] is JsonValue accepted && accepted.TryGetValue<bool>(out var yes) && !yes ? NotAccepted : Accepted;
    }
}
