using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Losses;

/// <summary>Writes a loss onto an output, in operators that have gradients.</summary>
internal static class LossGraph
{
    private static readonly HashSet<LossKind> OfClasses =
        [LossKind.SoftmaxCrossEntropy, LossKind.NegativeLogLikelihood, LossKind.Margin, LossKind.Focal];

    /// <summary>What the labels or targets of a loss look like.</summary>
    internal static TensorFact Labels(LossSpec spec, Term output) =>
        OfClasses.Contains(spec.Kind) ? new TensorFact(DataType.Int64, [output.Shape[0], .. output.Shape[2..]]) : output.Fact;

    /// <summary>Refuses parameters that make no sense.</summary>
    /// <exception cref="GradientRequestException">Names the parameter.</exception>
    internal static void Check(LossSpec spec)
    {
        Require(spec.Delta > 0, "loss.delta", "must be above 0");
        Require(spec.Beta > 0, "loss.beta", "must be above 0");
        Require(spec.Quantile is > 0 and < 1, "loss.quantile", "must lie between 0 and 1");
        Require(spec.Margin >= 0, "loss.margin", "must be at least 0");
        Require(spec.FocalGamma >= 0, "loss.focalGamma", "must be at least 0");
        Require(spec.FocalAlpha > 0, "loss.focalAlpha", "must be above 0");
        Require(spec.LabelInput.Length > 0, "loss.labelInput", "must not be empty");
        var weighs = spec.Kind is LossKind.SoftmaxCrossEntropy or LossKind.NegativeLogLikelihood;
        Require(weighs || spec.ClassWeights is null, "loss.classWeights", "are for softmax_ce and nll only");
        Require(spec.SampleWeightInput is null || spec.ClassWeights is null, "loss.classWeights", "go with the samples' weights: multiply those by them");
        Require(spec.SampleWeightInput is null || spec.SampleWeightInput.Length > 0, "loss.sampleWeightInput", "must not be empty");
        Require(weighs || spec.IgnoreIndex is null, "loss.ignoreIndex", "is for softmax_ce and nll only");
    }

    /// <summary>Writes the loss.</summary>
    /// <param name="spec">Which one.</param>
    /// <param name="y">The output it is taken of.</param>
    /// <param name="t">Labels or targets.</param>
    /// <param name="weights">How much each sample counts; null = all alike.</param>
    /// <returns>The loss: one number, or one for each sample.</returns>
    internal static Term Write(LossSpec spec, Term y, Term t, Term? weights = null)
    {
        if (weights is { } w)
            return Weigh(spec.Reduction, PerSample(Write(spec with { Reduction = LossReduction.None, SampleWeightInput = null }, y, t)), w);
        if (OfClasses.Contains(spec.Kind) && (y.Rank < 2 || !y.Shape[1].IsFixed))
            throw new GradientRequestException("loss.output", $"{PublicText.Name(y.Name)} must have dimensions [N, C, …] with a fixed number of classes C");
        return spec.Kind switch
        {
            LossKind.SoftmaxCrossEntropy => Operator("SoftmaxCrossEntropyLoss", spec, y, t),
            LossKind.NegativeLogLikelihood => Operator("NegativeLogLikelihoodLoss", spec, y, t),
            LossKind.Margin => Reduce(spec, Margin(y, t, spec.Margin)),
            LossKind.Focal => Reduce(spec, Focal(y, t, spec)),
            // max(z,0) - z·t + log(1 + exp(-|z|))
            LossKind.BinaryCrossEntropy => Reduce(spec, y.Graph.One("Softplus", y) - y * t),
            LossKind.MeanSquaredError => Reduce(spec, (y - t) * (y - t)),
            LossKind.MeanAbsoluteError => Reduce(spec, y.Graph.One("Abs", y - t)),
            LossKind.Huber => Reduce(spec, Huber(y - t, spec.Delta)),
            LossKind.SmoothL1 => Reduce(spec, Huber(y - t, spec.Beta) / spec.Beta),
            _ => Reduce(spec, Pinball(t - y, spec.Quantile)),
        };
    }

    private static Term Operator(string op, LossSpec spec, Term y, Term t)
    {
        var reduction = spec.Reduction.ToString().ToLowerInvariant();
        var attributes = new List<AttributeProto> { Attr.Text("reduction", reduction) };
        if (spec.IgnoreIndex is { } ignored)
            attributes.Add(Attr.Int("ignore_index", ignored));
        var inputs = new List<string> { y.Name, t.Name };
        if (spec.ClassWeights is { } weights)
        {
            if (weights.Length != y.Shape[1].First)
                throw new GradientRequestException("loss.classWeights", $"there are {weights.Length} weights for {y.Shape[1].First} classes");
            inputs.Add(y.Graph.Reals(Array.ConvertAll(weights, w => (double)w), y.Fact.Type, weights.Length).Name);
        }

        var fact = new TensorFact(y.Fact.Type, spec.Reduction == LossReduction.None ? t.Shape : []);
        return y.Graph.Node(op, [.. inputs], fact, [.. attributes]);
    }

    // With c = clip(e): c·(e - c/2) is ½e² within and δ(|e| - ½δ) beyond.
    private static Term Huber(Term error, double delta)
    {
        var clipped = error.Graph.Node("Clip", [error.Name, error.Like(-delta).Name, error.Like(delta).Name], error.Fact);
        return clipped * (error - clipped * 0.5);
    }

    // A factor instead of a maximum, so that the gradient at 0 is 0.
    private static Term Pinball(Term error, double quantile) =>
        error * Shaping.Choose(error > 0, error.Like(quantile), Shaping.Choose(error < 0, error.Like(quantile - 1), error.Like(0)));

    private static Term Margin(Term y, Term t, double margin)
    {
        var mask = ClassMask.Of(y, t);
        var own = y.Where(mask).Summed(false, 1);
        var others = Shaping.Choose(mask, y.Like(-1e30), y);
        var best = y.Graph.Node("ReduceMax", [others.Name, y.Graph.Ints(1).Name], own.Fact, Attr.Int("keepdims", 0));
        return y.Graph.One("Relu", own - best + margin);
    }

    private static Term Focal(Term y, Term t, LossSpec spec)
    {
        var logarithms = y.Graph.One("LogSoftmax", y, Attr.Int("axis", 1));
        var own = logarithms.Where(ClassMask.Of(y, t)).Summed(false, 1);
        var rest = 1 - y.Graph.One("Exp", own);
        var weight = spec.FocalGamma == 0 ? null : (Term?)y.Graph.Pair("Pow", rest, y.Like(spec.FocalGamma));
        return (weight is { } w ? w * own : own) * -spec.FocalAlpha;
    }

    private static Term Reduce(LossSpec spec, Term losses)
    {
        var all = new TensorFact(losses.Fact.Type, []);
        return spec.Reduction switch
        {
            LossReduction.Mean => losses.Graph.Node("ReduceMean", [losses.Name], all, Attr.Int("keepdims", 0)),
            LossReduction.Sum => losses.Graph.Node("ReduceSum", [losses.Name], all, Attr.Int("keepdims", 0)),
            _ => PerSample(losses),
        };
    }

    private static Term PerSample(Term losses) => losses.Rank < 2 ? losses : losses.Graph.Node(
        "ReduceMean", [losses.Name, losses.Graph.Ints([.. Enumerable.Range(1, losses.Rank - 1).Select(i => (long)i)]).Name],
        new TensorFact(losses.Fact.Type, [losses.Shape[0]]), Attr.Int("keepdims", 0));

    private static Term Weigh(LossReduction reduction, Term losses, Term weights)
    {
        var weighted = losses * weights;
        return reduction switch
        {
            LossReduction.None => weighted,
            LossReduction.Sum => Total(weighted),
            _ => Total(weighted) / Total(weights),
        };
    }

    private static Term Total(Term x) => x.Graph.Node("ReduceSum", [x.Name], new TensorFact(x.Fact.Type, []), Attr.Int("keepdims", 0));

    private static void Require(bool holds, string field, string what)
    {
        if (!holds)
            throw new GradientRequestException(field, $"{field} {what}");
    }
}
