using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Losses;

/// <summary>Where class numbers [N,d…] point to in scores [N,C,d…].</summary>
internal static class ClassMask
{
    /// <summary>True at each label's class.</summary>
    /// <exception cref="GradientRequestException">The number of classes is not fixed.</exception>
    internal static Term Of(Term scores, Term labels)
    {
        if (scores.Rank < 2 || !scores.Shape[1].IsFixed)
        {
            throw new GradientRequestException(
                "loss.output", $"{PublicText.Name(scores.Name)} must have dimensions [N, C, …] with a fixed number of classes C");
        }

        var classes = (int)scores.Shape[1].First;
        long[] shape = [1, classes, .. Enumerable.Repeat(1L, scores.Rank - 2)];
        var numbers = Enumerable.Range(0, classes).ToArray();
        var row = scores.Graph.Constant(labels.Fact.Type == TensorProto.Types.DataType.Int32
            ? Tensor.FromInt32s("", numbers, shape)
            : Tensor.FromInt64s("", Array.ConvertAll(numbers, i => (long)i), shape));
        return labels.Unsqueezed(1).Is(row);
    }
}
