using Iml4e.Inference;

namespace Iml4e.Learning.Networks;

/// <summary>All that a training needs to be carried on.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Parameters">Parameters and running statistics.</param>
/// <param name="Optimizer">What the optimiser keeps.</param>
/// <param name="Best">The best weights so far; none before the first validation.</param>
internal sealed record Checkpoint(TrainingState State, IReadOnlyList<Tensor> Parameters, IReadOnlyList<Tensor> Optimizer, IReadOnlyList<Tensor> Best);
