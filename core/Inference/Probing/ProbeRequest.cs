namespace Iml4e.Inference.Probing;

/// <summary>What the process is asked; the model's bytes follow.</summary>
/// <param name="Session">Settings of the session, the limits on the model among them.</param>
/// <param name="MaximumMemory">Bytes of memory beyond what the process holds already.</param>
/// <param name="RunTimeout">Longest time for the run.</param>
/// <param name="OpenRunTime">Longest processor time for the run of a model whose loops do not tell when they end.</param>
internal sealed record ProbeRequest(SessionSettings Session, long MaximumMemory, TimeSpan RunTimeout, TimeSpan OpenRunTime);
