namespace Iml4e.Inference.Batching;

/// <summary>What becomes of a request that has waited for too long.</summary>
public enum QueueTimeoutAction
{
    /// <summary>It is refused.</summary>
    Reject,

    /// <summary>It goes behind those that have not.</summary>
    Delay,
}
