using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.CrashWorker;

/// <summary>Kills this very process (SIGKILL) when a named point is passed for the n-th time.</summary>
internal sealed class KillAtPoint(string point, int passage) : IFaultInjector
{
    private int passages;

    public bool ShouldCrash(string passed)
    {
        if (passed == point && Interlocked.Increment(ref passages) == passage)
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite);
        }

        return false;
    }
}
