using System.Globalization;

namespace Iml4e.Inference.Probing;

/// <summary>Builds a model's session and runs it once on the smallest input there is: zeros, one along each free dimension.</summary>
internal static class ModelTrial
{
    private const long LargestInput = 256L << 20;

    /// <summary>Tries a model.</summary>
    /// <exception cref="InvalidModelException">It cannot be loaded, takes too much memory, or does not end.</exception>
    internal static ModelMetadata Run(ReadOnlySpan<byte> onnx, SessionSettings settings, TimeSpan runTimeout)
    {
        try
        {
            using var session = ModelSession.Load(onnx, settings);
            if (SmallestInputs(session.Metadata) is { } inputs)
                Run(session, inputs, runTimeout);
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

    private static void Run(ModelSession session, List<Tensor> inputs, TimeSpan timeout)
    {
        using var patience = new CancellationTokenSource(timeout);
        try
        {
            session.Run(inputs, null, patience.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new InvalidModelException(string.Create(
                CultureInfo.InvariantCulture, $"the model does not end within {timeout.TotalSeconds:0.#} s on the smallest input"), e);
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
