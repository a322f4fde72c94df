using System.Diagnostics;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks.Gradients;

/// <summary>A graph in a session, with its inputs and outputs bound to memory of their own.</summary>
internal sealed class BoundSubject : IDisposable
{
    private readonly ModelSession _session;
    private readonly BoundRun _run;
    private readonly List<TensorBuffer> _buffers = [];

    /// <summary>Loads the graph and runs it once.</summary>
    /// <param name="model">The graph.</param>
    /// <param name="given">Values of its inputs; those that it does not have are left out.</param>
    /// <param name="wanted">Its outputs; null = all.</param>
    /// <param name="threads">Threads.</param>
    internal BoundSubject(ModelProto model, IEnumerable<Tensor> given, string[]? wanted, int threads)
    {
        var settings = new SessionSettings { IntraOpThreads = threads, AllowSpinning = true, MemoryPattern = true, DenormalsAreZero = true };
        _session = ModelSession.Load(model, settings);
        List<Tensor> inputs = [.. given.Where(i => _session.Metadata.Input(i.Name) is not null)];
        var results = _session.Run(inputs, wanted ?? [.. _session.Metadata.Outputs.Select(o => o.Name)]);
        _run = _session.Bind(Buffers(inputs), Buffers(results));
    }

    /// <summary>Median of the milliseconds of so many runs.</summary>
    internal double Turn(int times = 1)
    {
        var sample = new Sample();
        for (var i = 0; i < times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            _run.Run();
            sample.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return sample.Median;
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }

    private Dictionary<string, TensorBuffer> Buffers(IEnumerable<Tensor> tensors)
    {
        var result = new Dictionary<string, TensorBuffer>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            var buffer = new TensorBuffer(tensor.Datatype, tensor.Shape);
            buffer.Set(tensor);
            _buffers.Add(buffer);
            result[tensor.Name] = buffer;
        }

        return result;
    }
}
