using System.Buffers;

namespace Iml4e.Inference.Batching;

/// <summary>Runs requests of one model as one: inputs laid one after the other, outputs cut apart again, each request getting those that it asked for.</summary>
public static class SessionBatches
{
    /// <summary>Whether a model counts samples in the first dimension of all its inputs and outputs.</summary>
    public static bool CanBatch(ModelMetadata metadata)
    {
        string? symbol = null;
        foreach (var tensor in metadata.Inputs.Concat(metadata.Outputs))
        {
            if (tensor.AnyRank || tensor.Shape.Length == 0 || tensor.Shape[0] >= 0)
                return false;
            var own = tensor.Symbols?[0];
            if (own is not null && symbol is not null && own != symbol)
                return false;
            symbol ??= own;
        }

        return metadata.Inputs.Count > 0;
    }

    /// <summary>Runs requests of equal shape, with the session of the first.</summary>
    /// <exception cref="InferenceFailedException">The run failed, or an output does not have a row for each sample.</exception>
    public static IReadOnlyList<ModelOutputs> Run(IReadOnlyList<BatchRequest> requests, Statistics.ModelStatistics statistics, CancellationToken ct)
    {
        var first = requests[0];
        if (requests.Count == 1)
        {
            var begun = TimeProvider.System.GetTimestamp();
            var alone = first.Session.RunInPlace(first.Inputs, first.Outputs, ct);
            statistics.Executed(first.Samples, TimeSpan.Zero, TimeProvider.System.GetElapsedTime(begun), TimeSpan.Zero);
            return [alone];
        }

        var rented = new List<byte[]>();
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            var inputs = new Tensor[first.Inputs.Count];
            for (var i = 0; i < inputs.Length; i++)
                inputs[i] = Join(first.Inputs[i].Name, requests, rented);
            var wanted = requests.Any(request => request.Outputs is null) ? null : requests.SelectMany(request => request.Outputs!).Distinct(StringComparer.Ordinal).ToArray();
            var assembled = TimeProvider.System.GetTimestamp();
            var outputs = first.Session.RunInPlace(inputs, wanted, ct);
            var ran = TimeProvider.System.GetTimestamp();
            var parts = Split(outputs, requests, inputs[0].Shape[0], first.Session.Metadata);
            statistics.Executed(
                requests.Sum(request => request.Samples),
                TimeProvider.System.GetElapsedTime(started, assembled),
                TimeProvider.System.GetElapsedTime(assembled, ran),
                TimeProvider.System.GetElapsedTime(ran));
            return parts;
        }
        finally
        {
            foreach (var buffer in rented)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Tensor Join(string name, IReadOnlyList<BatchRequest> requests, List<byte[]> rented)
    {
        var parts = requests.Select(request => request.Inputs.First(input => input.Name == name)).ToArray();
        long[] shape = [parts.Sum(part => part.Shape[0]), .. parts[0].Shape.AsSpan(1)];
        if (parts[0].Bytes is not null)
            return new Tensor(name, parts.SelectMany(part => part.Bytes!).ToArray(), shape);
        var length = parts.Sum(part => part.Data.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        rented.Add(buffer);
        var at = 0;
        foreach (var part in parts)
        {
            part.Data.Span.CopyTo(buffer.AsSpan(at));
            at += part.Data.Length;
        }

        return new Tensor(name, parts[0].Datatype, shape, buffer.AsMemory(0, length));
    }

    private static ModelOutputs[] Split(ModelOutputs outputs, IReadOnlyList<BatchRequest> requests, long rows, ModelMetadata metadata)
    {
        try
        {
            foreach (var output in outputs)
            {
                if (output.Shape.Length == 0 || output.Shape[0] != rows)
                    throw new InferenceFailedException($"output {PublicText.Name(output.Name)} does not have a row for each sample; the model cannot be batched", false, null);
            }

            var owner = outputs.Share(requests.Count);
            var parts = new ModelOutputs[requests.Count];
            long at = 0;
            for (var i = 0; i < parts.Length; i++)
            {
                var request = requests[i];
                var names = request.Outputs ?? [.. metadata.Outputs.Select(output => output.Name)];
                var start = at;
                parts[i] = new ModelOutputs([.. names.Select(name => outputs.First(output => output.Name == name).Rows(start, request.Rows))], owner);
                at += request.Rows;
            }

            return parts;
        }
        catch
        {
            outputs.Dispose();
            throw;
        }
    }
}
