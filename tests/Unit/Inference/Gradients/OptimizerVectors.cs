using Iml4e.Inference.Gradients.Optimizers;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Three steps of every optimiser, as PyTorch takes them: from [1,-2] with the gradients [.5,-1], [.25,2], [-1,.1].</summary>
internal static class OptimizerVectors
{
    internal static readonly float[] Start = [1, -2];
    internal static readonly float[][] Gradients = [[.5f, -1], [.25f, 2], [-1, .1f]];

    internal static readonly SortedDictionary<string, (OptimizerSpec Spec, double Rate, double[][] Steps)> All = new(StringComparer.Ordinal)
    {
        ["sgd"] = (new() { Kind = OptimizerKind.Sgd }, .1, [[.95, -1.9], [.925, -2.1], [1.025, -2.11]]),
        ["momentum"] = (new() { Kind = OptimizerKind.Sgd, Momentum = .9 }, .1, [[.95, -1.9], [.88, -2.01], [.917, -2.119]]),
        ["nesterov with decay"] = (
            new() { Kind = OptimizerKind.Sgd, Momentum = .9, Nesterov = true, WeightDecay = .01 }, .1,
            [[.9031, -1.8062], [.812574, -2.100148], [.94287, -2.201337]]),
        ["adam"] = (new() { Kind = OptimizerKind.Adam }, .1, [[.9, -1.9], [.806782, -1.93661], [.827418, -1.967738]]),
        ["adam with decay"] = (new() { Kind = OptimizerKind.Adam, WeightDecay = .01 }, .1, [[.9, -1.9], [.806555, -1.935504], [.825848, -1.965243]]),
        ["adamw"] = (new() { Kind = OptimizerKind.AdamW }, .1, [[.899, -1.898], [.804883, -1.932712], [.824714, -1.961907]]),
        ["rmsprop"] = (new() { Kind = OptimizerKind.RmsProp }, .01, [[.9, -1.9], [.855099, -1.989532], [.942573, -1.994027]]),
    };
}
