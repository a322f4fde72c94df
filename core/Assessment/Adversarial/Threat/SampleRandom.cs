namespace Iml4e.Assessment.Adversarial.Threat;

/// <summary>
/// Random numbers of one sample (xoshiro256**): they depend on the seed and the sample's key alone, so that a sample comes out the same in whatever batch, on
/// whatever worker.
/// </summary>
public struct SampleRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;
    private double _spare;
    private bool _hasSpare;

    /// <summary>Begins a sequence.</summary>
    /// <param name="key">Key of the sample, see <see cref="Key"/>.</param>
    /// <param name="stream">Number of the sequence; each gives other numbers.</param>
    public SampleRandom(ulong key, int stream = 0)
    {
        var state = key ^ (0xD1B54A32D192ED03UL * (ulong)(stream + 1));
        (_a, _b, _c, _d) = (Split(ref state), Split(ref state), Split(ref state), Split(ref state));
    }

    /// <summary>The key of a sample: FNV-1a over the seed and its id.</summary>
    public static ulong Key(long seed, string id)
    {
        var hash = 14695981039346656037UL;
        for (var i = 0; i < 8; i++)
            hash = (hash ^ (byte)((ulong)seed >> (8 * i))) * 1099511628211UL;
        foreach (var c in id)
            hash = (((hash ^ (byte)c) * 1099511628211UL) ^ (byte)(c >> 8)) * 1099511628211UL;
        return hash;
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0,1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [from, to).</summary>
    public float NextFloat(float from, float to) => from + (float)((to - (double)from) * NextDouble());

    /// <summary>A whole number from 0 to below the bound.</summary>
    public int Next(int bound) => (int)Math.BigMul(NextBits(), (ulong)bound, out _);

    /// <summary>1 or -1.</summary>
    public float NextSign() => (NextBits() >> 63) == 0 ? 1f : -1f;

    /// <summary>Standard normal (Box and Muller).</summary>
    public double NextGaussian()
    {
        if (_hasSpare)
        {
            _hasSpare = false;
            return _spare;
        }

        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        var (sin, cos) = Math.SinCos(2 * Math.PI * NextDouble());
        (_spare, _hasSpare) = (radius * sin, true);
        return radius * cos;
    }

    /// <summary>The numbers 0 to count - 1 in random order.</summary>
    public int[] NextOrder(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            var j = Next(i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }

    private static ulong Split(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
