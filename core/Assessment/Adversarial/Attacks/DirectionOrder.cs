using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>The order in which one sample's directions are tried; begun anew when all are used.</summary>
internal sealed class DirectionOrder
{
    private readonly ImageShape _shape;
    private readonly SimbaOptions _options;
    private readonly ulong _key;
    private int[] _order = [];
    private int _next;
    private int _rounds;

    internal DirectionOrder(ImageShape shape, SimbaOptions options, ulong key) => (_shape, _options, _key) = (shape, options, key);

    /// <summary>The next direction: a pixel's or a wave's number.</summary>
    internal int Next()
    {
        if (_next == _order.Length)
        {
            _order = Draw();
            (_next, _rounds) = (0, _rounds + 1);
        }

        return _order[_next++];
    }

    private int[] Draw()
    {
        var random = new SampleRandom(_key, 200 + _rounds);
        if (!_options.Dct)
            return _options.InOrder ? [.. Enumerable.Range(0, _shape.Size)] : random.NextOrder(_shape.Size);
        // The square of low frequencies grows from round to round; waves that an earlier square held are not tried again.
        int Side(int round) => Math.Min(_options.Frequencies + round * _options.Stride, Math.Max(_shape.Height, _shape.Width));
        var (now, before) = (Side(_rounds), _rounds == 0 || Side(_rounds) == Side(_rounds - 1) ? 0 : Side(_rounds - 1));
        var waves = new List<int>();
        for (var c = 0; c < _shape.Channels; c++)
        {
            for (var u = 0; u < Math.Min(now, _shape.Height); u++)
            {
                for (var v = 0; v < Math.Min(now, _shape.Width); v++)
                {
                    if (u >= before || v >= before)
                        waves.Add((c * _shape.Height + u) * _shape.Width + v);
                }
            }
        }

        return _options.InOrder ? [.. waves] : Array.ConvertAll(random.NextOrder(waves.Count), n => waves[n]);
    }
}
