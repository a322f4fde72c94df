namespace Iml4e.Functions;

/// <summary>Settings of the function app, section <c>Iml4e</c> of the configuration.</summary>
internal sealed record AppOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Iml4e";

    /// <summary>Prefix of the blob containers, so that several apps can share an account.</summary>
    public string ContainerPrefix { get; init; } = "";

    /// <summary>Bytes of models kept loaded at most.</summary>
    public long SessionCacheBytes { get; init; } = 512L << 20;

    /// <summary>Age at which a routing snapshot is refreshed in the background.</summary>
    public TimeSpan RoutingRefresh { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Largest model file accepted.</summary>
    public long MaxModelBytes { get; init; } = 512L << 20;

    /// <summary>Largest data set part accepted.</summary>
    public long MaxDatasetBytes { get; init; } = 512L << 20;

    /// <summary>Largest inference body accepted (specification of the serving surface, section 3.2).</summary>
    public long MaxInferenceBytes { get; init; } = 64L << 20;

    /// <summary>Inference requests that the process takes on at a time, waiting ones included; more are refused with 429.</summary>
    public int MaxInferenceRequests { get; init; } = 4096;

    /// <summary>Whether an answer waits until its prediction record is stored.</summary>
    public bool DurablePredictions { get; init; } = true;

    /// <summary>Tensor elements up to which a request's inputs are logged with the prediction; larger ones are logged by digest.</summary>
    public int LoggedInputElements { get; init; } = 4096;

    /// <summary>Shadow requests that may wait; more are dropped and counted.</summary>
    public int ShadowQueue { get; init; } = 10_000;
}
