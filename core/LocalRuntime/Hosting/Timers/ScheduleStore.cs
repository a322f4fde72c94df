using System.Text.Json;
using Iml4e.LocalRuntime.Hosting.Storage;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>Keeps the states of timers as JSON files in the data folder.</summary>
internal sealed class ScheduleStore(LocalRuntimeOptions options, ILogger<ScheduleStore> logger)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };
    private readonly string folder = Path.Combine(options.DataPath, "timers");

    /// <summary>The remembered state; null when there is none or it cannot be read.</summary>
    public ScheduleState? Read(string function)
    {
        var path = PathOf(function);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<ScheduleState>(File.ReadAllBytes(path), Json);
        }
        catch (JsonException exception)
        {
            // Losing a timer for good because a disk lost a byte would be worse than a run that is not caught up with.
            logger.LogWarning(exception, "The state of timer '{Function}' cannot be read and is begun anew", function);
            return null;
        }
    }

    public void Write(string function, ScheduleState state) => AtomicFile.Write(PathOf(function), JsonSerializer.SerializeToUtf8Bytes(state, Json));

    private string PathOf(string function) => Path.Combine(folder, function.ToLowerInvariant() + ".json");
}
