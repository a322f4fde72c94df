using System.Security.Cryptography;
using System.Text;
using Iml4e.Assessment.Pipelines;

namespace Iml4e.Functions.Retraining;

/// <summary>Why a retraining is wanted.</summary>
internal sealed record RetrainRequest
{
    /// <summary>The pipeline.</summary>
    public required string Pipeline { get; init; }

    /// <summary>What fired.</summary>
    public required RetrainTrigger Reason { get; init; }

    /// <summary>Identity of the firing: the same firing never starts two retrainings.</summary>
    public required string TriggerId { get; init; }

    /// <summary>What was seen, for people.</summary>
    public required string Evidence { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Requests that were merged into this one before it started.</summary>
    public int Coalesced { get; init; }

    /// <summary>The data set version that the trigger is about; null when it is about none.</summary>
    public string? DatasetVersion { get; init; }

    /// <summary>Why nothing follows, <c>cooldown</c> or <c>dailyCap</c>; null when something does.</summary>
    public string? Suppressed { get; init; }

    /// <summary>Identity of the run, which follows from the firing.</summary>
    public string RunId => $"retrain-{Pipeline}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(TriggerId)))[..16]}";
}
