using Iml4e.Inference.Onnx;
using Iml4e.Learning.Linear;

namespace Iml4e.Learning.Networks;

/// <summary>What the trainer <c>network</c> trains, and how rows become its examples.</summary>
/// <param name="Network">The network.</param>
/// <param name="Dimensions">Dimensions of an example.</param>
/// <param name="Scaling">Medians, means and deviations of the features.</param>
/// <param name="Targets">Scale of the targets.</param>
/// <param name="Given">The network that was handed in; null of a new one.</param>
internal sealed record NetworkSubject(ModelProto Network, long[] Dimensions, Standardization Scaling, TargetScale Targets, GivenNetwork? Given)
{
    /// <summary>Whether features are standardised: a network that was handed in gets them as they are.</summary>
    internal bool IsStandardized => Given is null;

    /// <summary>Features as the network gets them, row-major.</summary>
    internal float[] Scaled(ReadOnlySpan<float> values)
    {
        var (result, columns) = (new float[values.Length], Scaling.Medians.Length);
        for (var i = 0; i < values.Length; i++)
        {
            var c = i % columns;
            var value = float.IsNaN(values[i]) ? Scaling.Medians[c] : values[i];
            // As the graph computes it.
            result[i] = IsStandardized ? (value - Scaling.Means[c]) * Scaling.InverseDeviations[c] : value;
        }

        return result;
    }
}
