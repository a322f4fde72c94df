using System.Globalization;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Probing;

/// <summary>Builds a model's session and runs it once on the smallest input there is: zeros, one along each free dimension.</summary>
internal static class ModelTrial
{
    private const long LargestInput = 256L << 20;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Tries a model.</summary>
    /// <param name="onnx">The ONNX file.</param>
    /// <param name="settings">Settings of the session.</param>
    /// <param name="runTimeout">Longest time for the run.</param>
    /// <param name="openRunTime">Longest processor time for it when the file does not tell how often its loops run.</param>
    /// <exception cref="InvalidModelException">It cannot be loaded, takes too much memory, or does not end.</exception>
    internal static ModelMetadata Run(byte[] onnx, SessionSettings settings, TimeSpan runTimeout, TimeSpan openRunTime)
    {
        try
        {
            var model = GraphSurgery.Parse(onnx, settings.Limits);
            var isOpen = WorkGuard.Count(model, settings.Limits).Most > settings.Limits.MaximumNodeRuns;
            using var session = ModelSession.Load(model, onnx, settings);
            if (SmallestInputs(session.Metadata) is { } inputs)
                Run(session, inputs, runTimeout, isOpen ? openRunTime : null);
            return session.Metadata;
        }
        catch (InvalidModelException e) when (NativeMemory.IsShort(e.InnerException?.Message))
        {
            throw new InvalidModelException("the model needs too much memory to be loaded: " + e.Message, e);
        }
        catch (OutOfMemoryException e)
        {
            throw new InvalidModelException("the model needs too much memory to be loaded", e);
        }
    }

    private static void Run(ModelSession session, List<Tensor> inputs, TimeSpan timeout, TimeSpan? processorTime)
    {
        using var patience = new CancellationTokenSource(timeout);
        var before = ProcessorTime();
        // Time of the processor, not of the clock: on a busy machine a model that ends needs no more of it.
        using var watch = processorTime is { } most
            ? TimeProvider.System.CreateTimer(_ => EndWhenUsed(patience, before + most), null, Look, Look)
            : null;
        try
        {
            session.Run(inputs, null, patience.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new InvalidModelException(
                processorTime is { } allowed && ProcessorTime() - before >= allowed
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"the model does not end within {allowed.TotalSeconds:0.##} s of processor time on the smallest input, and how often its loops run is not fixed in it")
                    : string.Create(CultureInfo.InvariantCulture, $"the model does not end within {timeout.TotalSeconds:0.##} s on the smallest input"),
                e);
        }
        catch (InferenceFailedException e) when (NativeMemory.IsShort(e.InnerException?.Message))
        {
            throw new InvalidModelException("the model needs too much memory to run on the smallest input: " + e.Message, e);
        }
        catch (Exception e) when (e is InferenceFailedException or ArgumentException or InvalidOperationException)
        {
            // Zeros of size one need not suit every model; whether they do is not the question.
        }
    }

    private static TimeSpan ProcessorTime() => Environment.CpuUsage.TotalTime;

    private static void EndWhenUsed(CancellationTokenSource patience, TimeSpan most)
    {
        if (ProcessorTime() < most)
            return;
        try
        {
            patience.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run ended at this moment.
        }
    }

    private static List<Tensor>? SmallestInputs(ModelMetadata metadata)
    {
        var tensors = new List<Tensor>(metadata.Inputs.Count);
        var total = 0L;
        foreach (var input in metadata.Inputs)
        {
            var shape = Array.ConvertAll(input.Shape, d => Math.Max(1, d));
            var count = ShapeMath.TryCount(shape);
            if (count is < 0 or > LargestInput || (total += count * Math.Max(8, input.Datatype.ElementSize())) > LargestInput)
                return null;
            tensors.Add(input.Datatype == TensorDatatype.Bytes
                ? new Tensor(input.Name, Enumerable.Repeat(Array.Empty<byte>(), (int)count).ToArray(), shape)
                : new Tensor(input.Name, input.Datatype, shape, new byte[count * input.Datatype.ElementSize()]));
        }

        return tensors;
    }
}
