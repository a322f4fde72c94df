using Azure;
using Azure.Storage.Blobs.Models;

namespace Iml4e.Catalog;

/// <summary>What a failed call to the blob service means to us.</summary>
internal static class BlobFaults
{
    /// <summary>A precondition did not hold, or the blob is there already.</summary>
    public static bool IsConflict(RequestFailedException e)
        => e.Status == 412 || (e.Status == 409 && e.ErrorCode is "BlobAlreadyExists" or "UnauthorizedBlobOverwrite" or "BlobImmutableDueToPolicy");

    public static bool IsBlobMissing(RequestFailedException e) =>
        e.Status == 404 && e.ErrorCode != "ContainerNotFound" && e.ErrorCode != "ContainerBeingDeleted";

    public static bool IsPositionMismatch(RequestFailedException e) => e.ErrorCode == BlobErrorCode.AppendPositionConditionNotMet || e.Status == 412;

    public static bool IsFull(RequestFailedException e) => e.ErrorCode is "BlockCountExceedsLimit" or "BlobIsSealed" or "InvalidBlobType";

    /// <summary>The call may succeed when repeated, and may have been applied although it failed.</summary>
    public static bool IsTransient(Exception e) => e switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => true,
        RequestFailedException { ErrorCode: "ContainerBeingDeleted" or "ContainerDisabled" } => false,
        RequestFailedException => false,
        AggregateException or IOException or HttpRequestException or TimeoutException or OperationCanceledException => true,
        _ => false,
    };
}
