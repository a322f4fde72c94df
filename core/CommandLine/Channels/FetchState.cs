using System.Text.Json;

namespace Iml4e.CommandLine.Channels;

/// <summary>What is kept beside a fetched file: the manifest that was accepted last, and its entity tag.</summary>
/// <param name="Jws">The manifest, as it was signed.</param>
/// <param name="Tag">Its entity tag; null when there was none.</param>
internal sealed record FetchState(string Jws, string? Tag)
{
    /// <summary>The state of a file; null when there is none.</summary>
    /// <exception cref="RefusedException">It is damaged: without it an old version could not be told from a new one.</exception>
    public static FetchState? Read(string file)
    {
        var path = PathOf(file);
        if (!File.Exists(path))
            return null;
        try
        {
            var state = JsonSerializer.Deserialize<FetchState>(File.ReadAllText(path));
            ManifestVerifier.ReadStored(state?.Jws ?? "");
            return state;
        }
        catch (Exception e) when (e is JsonException or RefusedException)
        {
            throw new RefusedException($"{path} cannot be read. Delete it if any version of the model is to be accepted.");
        }
    }

    /// <summary>Stores the state in one step.</summary>
    public static void Write(string file, FetchState state)
    {
        var path = PathOf(file);
        using (var stream = new FileStream(path + ".new", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(JsonSerializer.SerializeToUtf8Bytes(state));
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    private static string PathOf(string file) => file + ".channel.json";
}
