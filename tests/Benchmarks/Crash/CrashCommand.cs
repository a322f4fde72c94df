namespace Iml4e.Benchmarks.Crash;

/// <summary>Something asked of the worker, again in each of its lives until it is answered: an answer says that it is on the disk.</summary>
internal sealed class CrashCommand(int number, string verb, string instance, string name, string json)
{
    public int Number => number;

    public string Instance => instance;

    public bool IsStart => verb == "start";

    public string Line => $"{number} {verb} {instance} {name} {json}";

    /// <summary>How often it was sent.</summary>
    public int Sends { get; set; }

    public bool IsAcknowledged { get; set; }
}
