using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Iml4e.Catalog;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks.Trials;

/// <summary>Changes single bytes of a model's audit log in the storage, and asks the app each time whether the log is intact.</summary>
/// <param name="folder">For the data of app and storage.</param>
internal sealed class TamperTrial(string folder)
{
    private const string Model = "tampered";

    /// <summary>Changes so many bytes, one after the other and each put back, evenly over the log.</summary>
    /// <returns>Bytes of the log, changes, and those that were not found.</returns>
    public async Task<(int Length, int Changes, int Missed)> PlayAsync(int most, CancellationToken ct)
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(folder, 0), ct);
        using var api = new ApiClient(stack.Url);
        var scene = TrialScenes.Plain(10);
        foreach (var model in new[] { scene.Champion with { Name = "one" }, scene.Better with { Name = "two" } })
        {
            await api.SendBytesAsync(
                HttpMethod.Put, $"api/models/{Model}/versions?task=regression&alias=champion", model.Onnx(), "application/octet-stream", null, ct);
        }

        var container = new BlobServiceClient(stack.StorageConnection, CatalogStore.ClientOptions()).GetBlobContainerClient("logs");
        var blob = container.GetAppendBlobClient($"audit/{Model}/00000000.ndjson");
        var bytes = (await blob.DownloadContentAsync(ct)).Value.Content.ToArray();
        var (changes, missed) = (0, 0);
        for (var i = 0; i < Math.Min(most, bytes.Length); i++)
        {
            var at = (int)((long)i * bytes.Length / Math.Min(most, bytes.Length));
            var tampered = bytes.ToArray();
            tampered[at] ^= (byte)(1 << (i % 8));
            await ReplaceAsync(blob, tampered, ct);
            var verdict = await api.GetAsync($"api/models/{Model}/audit/verify", ct);
            changes++;
            missed += (bool)verdict["intact"]! ? 1 : 0;
        }

        await ReplaceAsync(blob, bytes, ct);
        if (!(bool)(await api.GetAsync($"api/models/{Model}/audit/verify", ct))["intact"]!)
            throw new InvalidOperationException("The log as it was is not said to be intact.");
        return (bytes.Length, changes, missed);
    }

    private static async Task ReplaceAsync(AppendBlobClient blob, byte[] bytes, CancellationToken ct)
    {
        await blob.CreateAsync(cancellationToken: ct);
        using var stream = new MemoryStream(bytes);
        await blob.AppendBlockAsync(stream, cancellationToken: ct);
    }
}
