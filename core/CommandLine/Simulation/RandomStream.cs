namespace Iml4e.CommandLine.Simulation;

/// <summary>
/// A reproducible stream of random numbers: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014) with the polar
/// method of Marsaglia for normal numbers. The same seed gives the same numbers on every platform and runtime version.
/// </summary>
internal sealed class RandomStream(ulong seed)
{
    private ulong _state = seed;
    private double? _spare;

    /// <summary>A stream of its own for one part of a simulation, so that adding a part does not change the others.</summary>
    public static RandomStream For(int seed, int part) => new(unchecked(((ulong)(uint)seed << 32) ^ ((ulong)(uint)part * 0x9E3779B97F4A7C15UL)));

    /// <summary>A number uniform on [0, 1).</summary>
    public double NextUniform()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15UL;
            var z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            z ^= z >> 31;
            return (z >> 11) * (1.0 / (1UL << 53));
        }
    }

    /// <summary>A number from the standard normal distribution.</summary>
    public double NextNormal()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }
        while (true)
        {
            var u = (2 * NextUniform()) - 1;
            var v = (2 * NextUniform()) - 1;
            var s = (u * u) + (v * v);
            if (s is <= 0 or >= 1)
                continue;
            var factor = Math.Sqrt(-2 * Math.Log(s) / s);
            _spare = v * factor;
            return u * factor;
        }
    }
}
