using Iml4e.Inference.Gradients.Rules;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients;

/// <summary>
/// Reverse-mode differentiation of ONNX graphs: writes the model, the loss and the vector-Jacobian products of all its operators as one graph of standard
/// operators, which any ONNX Runtime executes. The same model and request give the same bytes.
/// </summary>
/// <example>
/// <code>
/// var model = GradientGraphBuilder.Build(network, new GradientRequest
/// {
///     Wrt = ["image"], Seed = SeedMode.Loss, Loss = new LossSpec { Kind = LossKind.SoftmaxCrossEntropy },
/// });
/// using var session = ModelSession.Load(model.Model);
/// var results = session.Run([image, labels], ["loss", "grad_image"]);
/// </code>
/// </example>
public static class GradientGraphBuilder
{
    /// <summary>Operators that can be differentiated; those that are not standard ones after their domain.</summary>
    public static IReadOnlyList<string> Operators { get; } = [.. RuleTable.Operators];

    /// <summary>Builds the graph.</summary>
    /// <param name="forward">The model; it stays as it is.</param>
    /// <param name="request">What to differentiate for what.</param>
    /// <exception cref="UnsupportedOpException">An operator on the way has no rule.</exception>
    /// <exception cref="NoGradientPathException">A tensor does not influence the seeds differentiably.</exception>
    /// <exception cref="RankUnknownException">Shapes cannot be found out.</exception>
    /// <exception cref="GradientRequestException">The request does not fit the model.</exception>
    /// <exception cref="InvalidModelException">The model is none that can be run.</exception>
    public static GradientModel Build(ModelProto forward, GradientRequest request)
    {
        var task = GradientTask.Prepare(forward, request);
        if (task.Coverage.Unsupported is [var first, ..])
            throw Coverage.Error(task.Graph, first, RuleTable.AdviceFor(first));
        task.RequireWays();
        return new GradientWriter(task).Write();
    }

    /// <summary>Tells whether a model can be differentiated, without building the graph.</summary>
    /// <param name="forward">The model; it stays as it is.</param>
    /// <param name="request">What to differentiate for what.</param>
    /// <exception cref="GradientException">The request does not fit the model, or the model cannot be normalised.</exception>
    public static CoverageReport Examine(ModelProto forward, GradientRequest request)
    {
        var task = GradientTask.Prepare(forward, request);
        var unsupported = task.Coverage.Unsupported.Select(n =>
            new UnsupportedNode(n.Title(), n.Domain.Length == 0 ? n.OpType : n.Domain + "." + n.OpType, RuleTable.AdviceFor(n)));
        return new CoverageReport(task.Graph.Graph.Node.Count, 0, [.. task.Coverage.Steps], [.. unsupported], []);
    }
}
