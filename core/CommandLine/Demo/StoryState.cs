using System.Text.Json;

namespace Iml4e.CommandLine.Demo;

/// <summary>Where the story is; kept in a file after each simulated day, so that an interrupted demo can be resumed.</summary>
internal sealed record StoryState
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = false };

    /// <summary>Seed of the story.</summary>
    public required int Seed { get; init; }

    /// <summary>The next live day to play.</summary>
    public int Day { get; set; }

    /// <summary>Live days before this one have been uploaded as data.</summary>
    public int UploadedBefore { get; set; }

    /// <summary>True once the pipeline, the history and the first training were acknowledged.</summary>
    public bool Opened { get; set; }

    /// <summary>Where to go on reading events.</summary>
    public string? EventCursor { get; set; }

    /// <summary>Acknowledged predictions that wait for their readings.</summary>
    public List<PendingPrediction> Pending { get; init; } = [];

    /// <summary>Error by live day, of all days whose readings have come.</summary>
    public SortedDictionary<int, DayError> Errors { get; init; } = [];

    /// <summary>Predictions that the app said it does not know although it had acknowledged them.</summary>
    public int LostPredictions { get; set; }

    /// <summary>Events so far, in order.</summary>
    public List<StoryEvent> Events { get; init; } = [];

    /// <summary>Predictions acknowledged so far.</summary>
    public int Predictions { get; set; }

    /// <summary>Predictions by model version on the latest day.</summary>
    public SortedDictionary<string, int> LatestSplit { get; init; } = [];

    /// <summary>Champion version now, by the app.</summary>
    public string? Champion { get; set; }

    /// <summary>Writes the state; a crash leaves the old or the new one.</summary>
    public void Save(string path)
    {
        var temporary = path + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, Format));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads a state; null when there is none.</summary>
    /// <exception cref="StoryException">The file is not a story.</exception>
    public static StoryState? Load(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<StoryState>(File.ReadAllBytes(path), Format);
        }
        catch (JsonException e)
        {
            throw new StoryException($"{path} does not hold a story: {e.Message}");
        }
    }
}
