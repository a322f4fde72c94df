namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>Whether the engine is down, and what takes it down at a crash point.</summary>
internal sealed class CrashSwitch(IFaultInjector? faults)
{
    private int crashed;

    /// <summary>Raised once, on the thread that hit the crash point.</summary>
    public event Action? Crashed;

    public bool IsDown => Volatile.Read(ref crashed) != 0;

    /// <exception cref="EngineAbandonedException">The engine is down, or goes down at this point.</exception>
    public void Pass(string point)
    {
        if (faults is not null && !IsDown && faults.ShouldCrash(point))
            Trip();
        ThrowIfDown();
    }

    /// <exception cref="EngineAbandonedException">The engine is down.</exception>
    public void ThrowIfDown()
    {
        if (IsDown)
            throw new EngineAbandonedException();
    }

    /// <summary>Takes the engine down now.</summary>
    public void Trip()
    {
        if (Interlocked.Exchange(ref crashed, 1) == 0)
            Crashed?.Invoke();
    }
}
