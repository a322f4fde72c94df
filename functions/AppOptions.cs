using Iml4e.Inference.Onnx;

namespace Iml4e.Functions;

/// <summary>Settings of the function app, section <c>Iml4e</c> of the configuration.</summary>
internal sealed record AppOptions
{
    /// <summary>Fewest characters of a secret or key.</summary>
    public const int LeastSecret = 32;

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

    /// <summary>Most nodes of a model accepted, functions inlined.</summary>
    public long MaxModelNodes { get; init; } = ModelLimits.Default.MaximumNodes;

    /// <summary>Whether a model is loaded and run in a process of its own before it is registered. Without, a hostile model can end the app.</summary>
    public bool ProbeModels { get; init; } = true;

    /// <summary>Longest time for a model to be loaded and run once when it is registered.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Memory that a model may take when it is registered, beside five times its file, in bytes.</summary>
    public long ProbeMemory { get; init; } = 1L << 30;

    /// <summary>Memory that all runs together may take, weights not counted, in bytes (at most 4 GiB); 0 = half of what the process has, negative = no limit.</summary>
    public long InferenceMemory { get; init; }

    /// <summary>Time after which a run of a model is ended.</summary>
    public TimeSpan LongestRun { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Address of an MLflow tracking server that is told of the jobs that ask for it; empty = none.</summary>
    public string MlflowUrl { get; init; } = "";

    /// <summary>Experiment of validations that a blob has started; empty = they are not told.</summary>
    public string MlflowExperiment { get; init; } = "";

    /// <summary>Time that an outcome waits for its prediction, which may be logged after it.</summary>
    public TimeSpan FeedbackPatience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Outcomes that may wait for their predictions at most.</summary>
    public int MaxWaitingFeedback { get; init; } = 10_000;

    /// <summary>Time that outcomes are kept that came to nothing.</summary>
    public TimeSpan DeadLetterRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Largest data set part accepted.</summary>
    public long MaxDatasetBytes { get; init; } = 512L << 20;

    /// <summary>Largest inference body accepted (specification of the serving surface, section 3.2).</summary>
    public long MaxInferenceBytes { get; init; } = 64L << 20;

    /// <summary>Inference requests that the process takes on at a time, waiting ones included; more are refused with 429.</summary>
    public int MaxInferenceRequests { get; init; } = 4096;

    /// <summary>Whether an answer waits until its prediction record is stored, unless the model's logging policy says.</summary>
    public bool DurablePredictions { get; init; } = true;

    /// <summary>
    /// Elements of all inputs, or of all outputs, of a request up to which they are logged with the prediction; more are logged by digest, and no outcome is
    /// compared with such outputs.
    /// </summary>
    public int LoggedElements { get; init; } = 4096;

    /// <summary>
    /// Key, 32 characters or more, of the keyed digests that stand for masked personal fields in the prediction log. Without it what should be masked by one
    /// is dropped.
    /// </summary>
    public string LogMaskKey { get; init; } = "";

    /// <summary>
    /// Private key on the curve P-256 that the manifests of channels are signed with: PEM, in which line breaks may be written as \n, or PKCS #8 in base64. Without
    /// it the local flavour makes one and keeps it in its catalogue.
    /// </summary>
    public string ManifestKey { get; init; } = "";

    /// <summary>How long a manifest may be relied on.</summary>
    public TimeSpan ManifestValidity { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Whether artefacts that nothing names any more are deleted, every night.</summary>
    public bool CollectGarbage { get; init; } = true;

    /// <summary>
    /// How long such an artefact stays after it was last stored or named; a day at least, and longer than any job or experiment runs that may know it from its
    /// orchestration alone.
    /// </summary>
    public TimeSpan GarbageGrace { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Secret, 32 characters or more, that the webhook of a repository is signed with; without it no webhook is taken.</summary>
    public string WebhookSecret { get; init; } = "";

    /// <summary>
    /// Origins, such as <c>https://train.example.com</c>, with commas between, at which external trainers may be called; no others are, so that a document cannot
    /// make the app call what it should not reach.
    /// </summary>
    public string ExternalTrainers { get; init; } = "";

    /// <summary>Key, 32 characters or more, of the signatures of calls to external trainers and of the addresses that they call back.</summary>
    public string ExternalTrainerKey { get; init; } = "";

    /// <summary>Where the app can be reached from outside, such as <c>https://ml.example.com</c>; in Azure its own host name unless set.</summary>
    public string PublicUrl { get; init; } = "";

    /// <summary>Shadow requests that may wait; more are dropped and counted.</summary>
    public int ShadowQueue { get; init; } = 10_000;
}
