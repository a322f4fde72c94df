using Iml4e.Assessment.Pose.Diagnosis;

namespace Iml4e.Assessment.Pose.Results;

/// <summary>
/// The colours of errors in coco-analyze (M. R. Ronchi and P. Perona, "Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation").
/// </summary>
internal static class ErrorColors
{
    /// <summary>Nothing wrong.</summary>
    public const int Good = 0x1ED88B;

    /// <summary>Of an error, 0xRRGGBB.</summary>
    public static int Of(PoseError error) => error switch
    {
        PoseError.Miss => 0xF2E394,
        PoseError.Swap => 0xF2AE72,
        PoseError.Inversion => 0xD96459,
        PoseError.Jitter => 0x8C4646,
        PoseError.Score => 0x4F82BD,
        PoseError.BackgroundFalsePositive => 0x8063A3,
        PoseError.FalseNegative => 0x2E8B57,
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "That is no error."),
    };

    /// <summary>Of what became of a keypoint, 0xRRGGBB.</summary>
    public static int Of(KeypointLabel label) => label switch
    {
        KeypointLabel.Good => Good,
        KeypointLabel.Jitter => Of(PoseError.Jitter),
        KeypointLabel.Inversion => Of(PoseError.Inversion),
        KeypointLabel.Swap => Of(PoseError.Swap),
        KeypointLabel.Miss => Of(PoseError.Miss),
        _ => throw new ArgumentOutOfRangeException(nameof(label), label, "That is no label."),
    };
}
