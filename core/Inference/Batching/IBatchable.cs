namespace Iml4e.Inference.Batching;

/// <summary>A request that can be run together with others.</summary>
public interface IBatchable
{
    /// <summary>Samples in it, at least 1.</summary>
    int Samples { get; }

    /// <summary>Only requests of equal shape are run together.</summary>
    BatchShape Shape { get; }
}
