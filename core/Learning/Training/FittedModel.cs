using System.Text.Json.Nodes;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning;

/// <summary>What a trainer made of a feature matrix.</summary>
internal abstract class FittedModel : IDisposable
{
    /// <summary>Version of the standard operators that the model's nodes are of.</summary>
    public virtual int Opset => GraphOpset;

    /// <summary>The network that was handed in, with what it has learnt; null of a model that was made anew.</summary>
    public virtual byte[]? Network => null;

    /// <summary>Version of the standard operators in graphs of our own.</summary>
    protected const int GraphOpset = 17;

    /// <summary>The trainer's own predictions: rows numbers (regression), or rows × classes probabilities, row-major.</summary>
    public abstract double[] Predict(ReadOnlySpan<float> values, int rows);

    /// <summary>Adds the model's nodes behind the features FP32 [N,F]; returns the prediction FP32 [N,1] or the probabilities FP32 [N,C].</summary>
    public abstract string Emit(GraphBuilder graph, string features);

    /// <summary>How much each feature counts, in the order of the features named.</summary>
    public abstract FeatureImportance[] Importances(IReadOnlyList<string> features);

    /// <summary>The combinations of parameters that the trainer tried; none when it searched for nothing.</summary>
    public virtual IReadOnlyList<ParameterCandidate> Searched => [];

    /// <summary>What is worth telling about the fit.</summary>
    public abstract JsonObject Details();

    public abstract void Dispose();
}
