namespace Iml4e.Inference.Batching;

/// <summary>A request of a model: what goes in, and which outputs are wanted.</summary>
public sealed class BatchRequest : IBatchable
{
    /// <summary>A request.</summary>
    /// <param name="session">The session to run it with, held by the caller.</param>
    /// <param name="inputs">Every input of the model.</param>
    /// <param name="outputs">Names of the wanted outputs; null = all.</param>
    /// <param name="batchable">Whether the first dimension of the inputs counts samples.</param>
    public BatchRequest(ModelSession session, IReadOnlyList<Tensor> inputs, IReadOnlyList<string>? outputs, bool batchable)
    {
        (Session, Inputs, Outputs) = (session, inputs, outputs);
        Rows = batchable && inputs.Count > 0 ? inputs[0].Shape[0] : inputs.Count > 0 && inputs[0].Shape.Length > 0 ? inputs[0].Shape[0] : 1;
        Samples = (int)Math.Clamp(Rows, 1, int.MaxValue / 2);
        Shape = batchable ? BatchShape.Of(inputs, session.Metadata.Inputs) : BatchShape.Empty;
    }

    /// <summary>The session to run it with.</summary>
    public ModelSession Session { get; }

    /// <summary>What goes in.</summary>
    public IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>The wanted outputs; null = all.</summary>
    public IReadOnlyList<string>? Outputs { get; }

    /// <summary>Rows of the first dimension.</summary>
    public long Rows { get; }

    /// <inheritdoc/>
    public int Samples { get; }

    /// <inheritdoc/>
    public BatchShape Shape { get; }
}
