namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Weights of the parts of a detector's loss.</summary>
/// <param name="Box">Of the boxes.</param>
/// <param name="Objectness">Of the objectness.</param>
/// <param name="Class">Of the classes.</param>
public sealed record DetectorWeights(float Box, float Objectness, float Class)
{
    /// <summary>Those that a family is trained with, as far as they are known.</summary>
    public static DetectorWeights For(string? family) => family switch
    {
        "yolov8" or "yolov9" or "yolov10" or "yolov11" => new DetectorWeights(7.5f, 0.5f, 0.5f),
        _ => new DetectorWeights(0.05f, 1, 0.5f),
    };
}
