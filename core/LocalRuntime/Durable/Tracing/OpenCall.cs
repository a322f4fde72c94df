namespace Iml4e.LocalRuntime.Durable.Tracing;

/// <summary>A call or timer of an orchestration that is not answered yet.</summary>
/// <param name="TaskId">Its sequence number.</param>
/// <param name="Name">What is called; empty for a timer.</param>
/// <param name="Version">The version of what is called.</param>
/// <param name="At">When it was called, UTC.</param>
/// <param name="FireAt">When a timer is due, UTC.</param>
/// <param name="Target">The entity that is called.</param>
internal readonly record struct OpenCall(int TaskId, string Name, string? Version, DateTime At, DateTime? FireAt, string? Target);
