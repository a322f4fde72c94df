namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>The engine has stopped; what was asked for is either on disk already or was not accepted.</summary>
internal sealed class EngineAbandonedException() : InvalidOperationException("The durable task engine has stopped.");
