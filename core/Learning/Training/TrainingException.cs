namespace Iml4e.Learning;

/// <summary>Says why a training run failed for a reason that lies in the machine or the result, not in what the caller handed in.</summary>
/// <remarks>Codes: <c>native.xgboost_missing</c>, <c>xgb.failed</c>, <c>xgb.unsupported_model</c>, <c>training.parity</c>, <c>training.diverged</c>,
/// <c>network.shared_weight</c>.</remarks>
public sealed class TrainingException : Exception
{
    /// <summary>Makes the error.</summary>
    public TrainingException(string code, string detail, Exception? inner = null)
        : base($"{code}: {detail}", inner) => Code = code;

    /// <summary>A short stable name of what went wrong.</summary>
    public string Code { get; }
}
