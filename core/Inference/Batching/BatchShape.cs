namespace Iml4e.Inference.Batching;

/// <summary>What must be equal for tensors to be laid one after the other: types, and all dimensions but the first.</summary>
public sealed class BatchShape : IEquatable<BatchShape>
{
    private readonly long[] _parts;
    private readonly int _hash;

    private BatchShape(long[] parts)
    {
        _parts = parts;
        var hash = default(HashCode);
        foreach (var part in parts)
            hash.Add(part);
        _hash = hash.ToHashCode();
    }

    /// <summary>The shape of requests that have no tensors.</summary>
    public static BatchShape Empty { get; } = new([]);

    /// <summary>The shape of a request's inputs.</summary>
    /// <param name="inputs">Every input of the model.</param>
    /// <param name="order">The model's inputs; requests name them in any order.</param>
    public static BatchShape Of(IReadOnlyList<Tensor> inputs, IReadOnlyList<TensorMetadata> order)
    {
        var parts = new List<long>(4 * order.Count);
        foreach (var declared in order)
        {
            foreach (var input in inputs)
            {
                if (input.Name != declared.Name)
                    continue;
                parts.Add((long)input.Datatype);
                parts.Add(input.Shape.Length);
                for (var d = 1; d < input.Shape.Length; d++)
                    parts.Add(input.Shape[d]);
            }
        }

        return new BatchShape([.. parts]);
    }

    /// <inheritdoc/>
    public bool Equals(BatchShape? other) => other is not null && _hash == other._hash && _parts.AsSpan().SequenceEqual(other._parts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BatchShape);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;
}
