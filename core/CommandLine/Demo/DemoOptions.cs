namespace Iml4e.CommandLine.Demo;

/// <summary>What <c>iml4e demo</c> was asked to do.</summary>
/// <param name="DataFolder">Folder of the demo's stack.</param>
/// <param name="Port">Port of the app; 0 picks a free one.</param>
/// <param name="Exit">End when the story is told, instead of leaving the app up.</param>
/// <param name="Seed">Seed of the building, the weather and the chaos.</param>
/// <param name="Resume">Go on with the story that the data folder holds.</param>
/// <param name="Kills">How often the app is killed and started again during the story.</param>
internal sealed record DemoOptions(string DataFolder, int Port, bool Exit, int Seed, bool Resume, int Kills);
