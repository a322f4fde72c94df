namespace Iml4e.Learning.Networks;

/// <summary>Examples in memory: numbers of one shape each, and what a network shall make of them.</summary>
public sealed class Examples
{
    private readonly float[] _values;
    private readonly long[]? _classes;
    private readonly float[]? _numbers;
    private readonly float[]? _weights;

    private Examples(float[] values, long[] shape, int count, long[]? classes, float[]? numbers, int outputs, float[]? weights)
    {
        (_values, Shape, Count, _classes, _numbers, Outputs, _weights) = (values, shape, count, classes, numbers, outputs, weights);
        Size = (int)shape.Aggregate(1L, (a, b) => a * b);
        if ((long)count * Size != values.Length)
            throw new ArgumentException($"{count} examples of [{string.Join(',', shape)}] are {(long)count * Size} numbers, got {values.Length}", nameof(values));
        if (weights is not null && weights.Length != count)
            throw new ArgumentException($"{weights.Length} weights for {count} examples", nameof(weights));
    }

    /// <summary>Dimensions of an example.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Number of examples.</summary>
    public int Count { get; }

    /// <summary>Numbers of an example.</summary>
    public int Size { get; }

    /// <summary>Numbers of classes, or of a target.</summary>
    public int Outputs { get; }

    /// <summary>What the targets are.</summary>
    public TargetKind Kind => _classes is null ? TargetKind.Number : TargetKind.Class;

    /// <summary>Examples of classes.</summary>
    /// <param name="values">The examples, one after the other.</param>
    /// <param name="shape">Dimensions of one.</param>
    /// <param name="labels">The class of each, from 0.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="weights">How much each counts; null = all alike.</param>
    /// <exception cref="ArgumentException">The sizes do not agree, or a label is no class.</exception>
    public static Examples OfClasses(float[] values, long[] shape, long[] labels, int classes, float[]? weights = null) =>
        Array.FindIndex(labels, l => l < 0 || l >= classes) is >= 0 and var at
            ? throw new ArgumentException($"the label of example {at} is {labels[at]}; classes are 0..{classes - 1}", nameof(labels))
            : new Examples(values, shape, labels.Length, labels, null, classes, weights);

    /// <summary>Examples of numbers.</summary>
    /// <param name="values">The examples, one after the other.</param>
    /// <param name="shape">Dimensions of one.</param>
    /// <param name="targets">The targets, one after the other.</param>
    /// <param name="outputs">Numbers of a target.</param>
    /// <param name="weights">How much each counts; null = all alike.</param>
    /// <exception cref="ArgumentException">The sizes do not agree.</exception>
    public static Examples OfNumbers(float[] values, long[] shape, float[] targets, int outputs, float[]? weights = null) =>
        targets.Length % outputs == 0
            ? new Examples(values, shape, targets.Length / outputs, null, targets, outputs, weights)
            : throw new ArgumentException($"{targets.Length} numbers are no whole number of targets of {outputs}", nameof(targets));

    /// <summary>The numbers of an example.</summary>
    public ReadOnlySpan<float> Values(int index) => _values.AsSpan(index * Size, Size);

    /// <summary>The class of an example.</summary>
    public long Class(int index) => _classes![index];

    /// <summary>The target of an example.</summary>
    public ReadOnlySpan<float> Numbers(int index) => _numbers.AsSpan(index * Outputs, Outputs);

    /// <summary>How much an example counts.</summary>
    public float Weight(int index) => _weights?[index] ?? 1;

    /// <summary>Some of the examples.</summary>
    public Examples Take(ReadOnlySpan<int> rows)
    {
        var values = new float[rows.Length * Size];
        var classes = _classes is null ? null : new long[rows.Length];
        var numbers = _numbers is null ? null : new float[rows.Length * Outputs];
        var weights = _weights is null ? null : new float[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            Values(rows[i]).CopyTo(values.AsSpan(i * Size));
            if (classes is not null)
                classes[i] = Class(rows[i]);
            if (numbers is not null)
                Numbers(rows[i]).CopyTo(numbers.AsSpan(i * Outputs));
            if (weights is not null)
                weights[i] = Weight(rows[i]);
        }

        return new Examples(values, [.. Shape], rows.Length, classes, numbers, Outputs, weights);
    }
}
