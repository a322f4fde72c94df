using Iml4e.Inference;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>A session over real numbers in memory that stays from run to run, found by name. For one thread at a time.</summary>
internal sealed class BoundGraph : IDisposable
{
    private readonly Dictionary<string, TensorBuffer> _buffers = new(StringComparer.Ordinal);
    private readonly BoundRun _run;

    /// <summary>Takes the memory.</summary>
    /// <param name="session">The session.</param>
    /// <param name="inputs">All its inputs with their shapes.</param>
    /// <param name="outputs">The wanted outputs with the shapes that these lead to.</param>
    internal BoundGraph(ModelSession session, IEnumerable<(string Name, long[] Shape)> inputs, IEnumerable<(string Name, long[] Shape)> outputs)
    {
        _run = session.Bind(Take(inputs), Take(outputs));
    }

    /// <summary>The values of an input or output.</summary>
    internal Span<float> Floats(string name) => _buffers[name].Span<float>();

    /// <summary>Fills the beginning of an input, and the rest with zeros, so that a run depends on nothing but what is asked.</summary>
    internal void Fill(string name, ReadOnlySpan<float> values)
    {
        var memory = Floats(name);
        values.CopyTo(memory);
        memory[values.Length..].Clear();
    }

    /// <summary>Runs on what the inputs hold now.</summary>
    internal void Run(CancellationToken ct) => _run.Run(ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        _run.Dispose();
        foreach (var buffer in _buffers.Values)
            buffer.Dispose();
    }

    private Dictionary<string, TensorBuffer> Take(IEnumerable<(string Name, long[] Shape)> tensors) =>
        tensors.ToDictionary(t => t.Name, t => _buffers[t.Name] = new TensorBuffer(TensorDatatype.FP32, t.Shape), StringComparer.Ordinal);
}
