using Iml4e.Assessment.Adversarial.Models;

namespace Iml4e.Assessment.Pose.Anonymisation;

/// <summary>How faces are found and made unrecognisable.</summary>
public sealed record FaceAnonymizerOptions
{
    /// <summary>The method.</summary>
    public AnonymisationMethod Method { get; init; } = AnonymisationMethod.Pixelate;

    /// <summary>Least score of a face; low, as a face that is overlooked is worse than a wall that is blurred.</summary>
    public double LeastScore { get; init; } = 0.4;

    /// <summary>What a box is enlarged by on each side, as a part of it.</summary>
    public double Margin { get; init; } = 0.15;

    /// <summary>Whether large images are looked at in overlapping tiles, too, so that small faces are found.</summary>
    public bool Tiles { get; init; } = true;

    /// <summary>What the models of a known family do to pixels first.</summary>
    public static Preprocessing PreprocessingOf(string family) => family switch
    {
        "ultraface" => new Preprocessing { Scale = 1, Mean = [127], Std = [128], Resize = ResizeMode.Letterbox },
        "yunet" => new Preprocessing { Scale = 1, Color = ColorOrder.Bgr, Resize = ResizeMode.Letterbox },
        _ => new Preprocessing { Resize = ResizeMode.Letterbox },
    };
}
