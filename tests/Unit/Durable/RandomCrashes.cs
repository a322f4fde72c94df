using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Takes the engine down at random points, a bounded number of times over its lives.</summary>
internal sealed class RandomCrashes(int seed, int budget, double probability) : IFaultInjector
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private int crashes;

    public int Crashes => crashes;

    public bool ShouldCrash(string point)
    {
        lock (gate)
        {
            if (crashes == budget || random.NextDouble() >= probability)
                return false;
            crashes++;
            return true;
        }
    }
}
