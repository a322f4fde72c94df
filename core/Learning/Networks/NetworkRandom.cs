using System.Numerics;

namespace Iml4e.Learning.Networks;

/// <summary>
/// Random numbers that are a function of a seed and of where they are drawn for (epoch, batch, …), so that a run that is carried on draws what it would have
/// drawn without the interruption. xoshiro256++, seeded by splitmix64; the same on every machine.
/// </summary>
internal sealed class NetworkRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Random numbers for one purpose.</summary>
    internal NetworkRandom(long seed, params ReadOnlySpan<long> place)
    {
        var state = (ulong)seed;
        foreach (var part in place)
            state = Mix(ref state) ^ (ulong)part;
        (_a, _b, _c, _d) = (Mix(ref state), Mix(ref state), Mix(ref state), Mix(ref state));
    }

    /// <summary>64 random bits.</summary>
    internal ulong Bits()
    {
        var result = BitOperations.RotateLeft(_a + _d, 23) + _a;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0,1).</summary>
    internal double Uniform() => (Bits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    internal double Uniform(double low, double high) => low + Uniform() * (high - low);

    /// <summary>A whole number in [0, count).</summary>
    internal int Below(int count) => (int)Math.BigMul(Bits(), (ulong)count, out _);

    /// <summary>Normal with mean 0 and standard deviation 1 (Box and Muller).</summary>
    internal double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>Puts items in random order.</summary>
    internal void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var k = Below(i + 1);
            (items[i], items[k]) = (items[k], items[i]);
        }
    }

    private static ulong Mix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
