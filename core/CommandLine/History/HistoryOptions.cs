namespace Iml4e.CommandLine.History;

/// <summary>What <c>iml4e history</c> was asked for.</summary>
/// <param name="Id">The instance to show; null for the list.</param>
/// <param name="Status">Statuses that the list is narrowed to, separated by commas; null for all.</param>
/// <param name="Search">A part of the id or of the orchestrator's name; null for all.</param>
/// <param name="Top">How many instances or lanes are shown at most.</param>
/// <param name="Follow">Whether to go on showing until the instance has finished, or until Ctrl-C.</param>
/// <param name="Json">Whether to write what the app answers instead of a picture of it.</param>
/// <param name="Doctor">Whether to tell what each unfinished instance waits for.</param>
/// <param name="OlderThan">How long an instance may stand still before the doctor calls it stuck.</param>
internal sealed record HistoryOptions(
    string? Id, string? Status, string? Search, int Top, bool Follow, bool Json, bool Doctor, TimeSpan OlderThan);
