using Iml4e.Inference;

namespace Iml4e.Learning.Networks;

/// <summary>Tensors kept twice: a run reads one side and writes the other, then they change places. The runtime does not promise to write in place.</summary>
internal sealed class TwoSided : IDisposable
{
    private readonly Dictionary<string, TensorBuffer>[] _sides;

    /// <summary>Copies of tensors.</summary>
    internal TwoSided(IEnumerable<Tensor> tensors)
    {
        var all = tensors.ToList();
        Names = [.. all.Select(t => t.Name)];
        _sides = [Side(all), Side(all)];
    }

    /// <summary>Names of the tensors.</summary>
    internal IReadOnlyList<string> Names { get; }

    /// <summary>The side that is read, 0 or 1.</summary>
    internal int Front { get; private set; }

    /// <summary>What a tensor is.</summary>
    internal TensorBuffer this[string name] => _sides[Front][name];

    /// <summary>A tensor's memory on one side.</summary>
    internal TensorBuffer At(string name, int side) => _sides[side][name];

    /// <summary>What was written is what it is from now on.</summary>
    internal void Flip() => Front = 1 - Front;

    /// <summary>Copies of what the tensors are.</summary>
    internal List<Tensor> ToTensors() => [.. Names.Select(n => this[n].ToTensor(n))];

    /// <summary>Sets tensors.</summary>
    internal void Set(IEnumerable<Tensor> tensors)
    {
        foreach (var tensor in tensors)
            this[tensor.Name].Set(tensor);
    }

    public void Dispose()
    {
        foreach (var buffer in _sides.SelectMany(s => s.Values))
            buffer.Dispose();
    }

    private static Dictionary<string, TensorBuffer> Side(List<Tensor> tensors)
    {
        var side = new Dictionary<string, TensorBuffer>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            var buffer = new TensorBuffer(tensor.Datatype, tensor.Shape);
            buffer.Set(tensor);
            side.Add(tensor.Name, buffer);
        }

        return side;
    }
}
