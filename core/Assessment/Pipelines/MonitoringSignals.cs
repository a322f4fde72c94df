namespace Iml4e.Assessment.Pipelines;

/// <summary>The signals that the trigger <c>monitoring</c> can watch.</summary>
public static class MonitoringSignals
{
    /// <summary>Share of the model's inputs whose distribution has drifted from the data that it was trained and validated on.</summary>
    public const string DriftShare = "dataset_drift_share";

    /// <summary>Mean loss of the window over the champion's hold-out loss.</summary>
    public const string ErrorRatio = "realized_error_ratio";

    /// <summary>Mean loss of the window.</summary>
    public const string Error = "realized_error";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [DriftShare, ErrorRatio, Error];
}
