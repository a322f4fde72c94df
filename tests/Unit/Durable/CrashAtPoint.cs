using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Takes the engine down once, when a named point is passed for the n-th time.</summary>
internal sealed class CrashAtPoint(string point, int hit) : IFaultInjector
{
    private int hits;

    public bool HasCrashed => Volatile.Read(ref hits) >= hit;

    public bool ShouldCrash(string passed) => passed == point && Interlocked.Increment(ref hits) == hit;
}
