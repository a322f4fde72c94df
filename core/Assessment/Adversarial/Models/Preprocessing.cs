using System.Text.Json.Serialization;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>
/// What a model does to pixels first. Attacks see values in [0,1]; a byte value b = 255·x reaches the model as (b / scale - mean) / std. All but the resizing
/// is part of the differentiated graph.
/// </summary>
public sealed record Preprocessing
{
    /// <summary>Order of the dimensions.</summary>
    public ImageLayout Layout { get; init; } = ImageLayout.Nchw;

    /// <summary>Order of the channels.</summary>
    public ColorOrder Color { get; init; } = ColorOrder.Rgb;

    /// <summary>What byte values are divided by: 255 for models of [0,1], 1 for models of 0 to 255.</summary>
    public double Scale { get; init; } = 255;

    /// <summary>Mean of each channel in the model's order, after the division; one for all, or one each.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0];

    /// <summary>Standard deviation of each channel in the model's order; one for all, or one each.</summary>
    public IReadOnlyList<double> Std { get; init; } = [1];

    /// <summary>How images of another size are treated.</summary>
    public ResizeMode Resize { get; init; } = ResizeMode.Stretch;

    /// <summary>Byte value of letterbox borders, 0 to 255.</summary>
    public double Pad { get; init; } = 114;

    /// <summary>Whether values pass unchanged.</summary>
    [JsonIgnore]
    public bool IsIdentity => Scale == 255 && Color != ColorOrder.Bgr && Layout == ImageLayout.Nchw && Mean.All(m => m == 0) && Std.All(s => s == 1);

    /// <summary>Adds what makes no sense.</summary>
    public void Check(string path, ValidationErrors errors)
    {
        errors.Require(Scale > 0, path + ".scale", "must be above 0: 255 for models of [0,1], 1 for models of 0 to 255");
        errors.Require(Mean.Count is 1 or 3, path + ".mean", "one number, or one for each of three channels");
        errors.Require(Std.Count is 1 or 3 && Std.All(s => s > 0), path + ".std", "numbers above 0: one, or one for each of three channels");
        errors.Require(Pad is >= 0 and <= 255, path + ".pad", "a byte value from 0 to 255");
    }
}
