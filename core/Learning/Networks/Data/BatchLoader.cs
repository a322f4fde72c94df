namespace Iml4e.Learning.Networks;

/// <summary>
/// Batches of shuffled examples. What batch k of an epoch holds is a function of the seed, the epoch and k alone. The last batch is filled up with examples
/// of weight 0, so that every batch has the same size.
/// </summary>
internal sealed class BatchLoader
{
    private const long ShufflePurpose = 1;
    private const long AugmentPurpose = 2;
    private const float Trifle = 1e-20f;

    private readonly Examples _examples;
    private readonly int _batch;
    private readonly long _seed;
    private readonly Augmentation? _augmentation;
    private readonly int[] _order;
    private int _epoch = -1;

    internal BatchLoader(Examples examples, int batch, long seed, Augmentation? augmentation)
    {
        (_examples, _batch, _seed) = (examples, batch, seed);
        _augmentation = augmentation is { IsIdle: false } ? augmentation : null;
        if (_augmentation is { NeedsImage: true } && examples.Shape.Count != 3)
            throw new ArgumentException($"images [C,H,W] can be shifted, mirrored and blanked, not [{string.Join(',', examples.Shape)}]", nameof(augmentation));
        _order = [.. Enumerable.Range(0, examples.Count)];
    }

    /// <summary>Batches of an epoch.</summary>
    internal int Count => (_examples.Count + _batch - 1) / _batch;

    /// <summary>Writes a batch.</summary>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="batch">Batch, from 0.</param>
    /// <param name="into">Memory for it.</param>
    internal void Load(int epoch, int batch, BatchBuffers into)
    {
        if (epoch != _epoch)
            Shuffle(epoch);
        var random = _augmentation is null ? null : new NetworkRandom(_seed, AugmentPurpose, epoch, batch);
        var weights = into.Weights.Span<float>();
        for (var i = 0; i < _batch; i++)
        {
            var place = batch * _batch + i;
            // Examples that only fill up count nothing, and yet look like the others: a batch's statistics are of all of them.
            var row = _order[place % _order.Length];
            weights[i] = place < _order.Length ? _examples.Weight(row) : 0;
            var values = into.Values.Span<float>().Slice(i * _examples.Size, _examples.Size);
            if (random is null)
                _examples.Values(row).CopyTo(values);
            else
                _augmentation!.Apply(_examples.Values(row), values, _examples.Shape, random);
            if (_examples.Kind == TargetKind.Class)
                into.Targets.Span<long>()[i] = _examples.Class(row);
            else
                _examples.Numbers(row).CopyTo(into.Targets.Span<float>()[(i * _examples.Outputs)..]);
        }

        // Weights of a table may all be 0 in one batch; its loss is no number then.
        if (!weights.ContainsAnyExcept(0f))
            weights.Fill(Trifle);
    }

    private void Shuffle(int epoch)
    {
        for (var i = 0; i < _order.Length; i++)
            _order[i] = i;
        new NetworkRandom(_seed, ShufflePurpose, epoch).Shuffle(_order.AsSpan());
        _epoch = epoch;
    }
}
