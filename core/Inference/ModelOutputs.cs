using System.Collections;

namespace Iml4e.Inference;

/// <summary>Outputs of a run, in the order asked for. Numeric data lie in the runtime's own memory, uncopied, until this is disposed of.</summary>
public sealed class ModelOutputs : IReadOnlyList<Tensor>, IDisposable
{
    private readonly Tensor[] _tensors;
    private NativeOutputs? _owner;

    internal ModelOutputs(Tensor[] tensors, NativeOutputs? owner) => (_tensors, _owner) = (tensors, owner);

    /// <inheritdoc/>
    public int Count => _tensors.Length;

    /// <inheritdoc/>
    public Tensor this[int index] => _tensors[index];

    /// <summary>Outputs over memory that needs no release.</summary>
    public static ModelOutputs Of(IReadOnlyList<Tensor> tensors) => new([.. tensors], null);

    /// <summary>The same outputs over memory of their own, which outlive this.</summary>
    public ModelOutputs Copy() => new(Array.ConvertAll(_tensors, t => t.Copy()), null);

    /// <summary>Hands the memory over to so many others, each of whom disposes of it once.</summary>
    internal NativeOutputs? Share(int users)
    {
        var owner = Interlocked.Exchange(ref _owner, null);
        owner?.Share(users - 1);
        return owner;
    }

    /// <inheritdoc/>
    public IEnumerator<Tensor> GetEnumerator() => ((IEnumerable<Tensor>)_tensors).GetEnumerator();

    /// <summary>Gives the memory back; the tensors must not be used any more.</summary>
    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Dispose();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
