namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>A page of a timeline.</summary>
/// <param name="Total">How many lanes meet the filter.</param>
/// <param name="From">The place of the first one here among them.</param>
internal sealed record LanePage(int Total, int From, IReadOnlyList<Lane> Items);
