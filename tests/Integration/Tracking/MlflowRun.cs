namespace Iml4e.Tests.Integration.Tracking;

/// <summary>A run that the server holds.</summary>
internal sealed class MlflowRun(string id, string name)
{
    public string Id => id;

    public string Name => name;

    public string Status { get; set; } = "RUNNING";

    public List<(string Key, double Value)> Metrics { get; } = [];

    public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);
}
