using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>Which instances a list is about.</summary>
/// <param name="Statuses">Any of these; null for all.</param>
/// <param name="Search">A part of the id or of the orchestrator's name, whatever its case; null for all.</param>
/// <param name="RootsOnly">Whether children are left out.</param>
internal sealed record InstanceFilter(IReadOnlyList<OrchestrationRuntimeStatus>? Statuses, string? Search, bool RootsOnly);
