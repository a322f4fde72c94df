namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>Decides, in tests, at which points the engine goes down as if its process had been killed.</summary>
internal interface IFaultInjector
{
    bool ShouldCrash(string point);
}
