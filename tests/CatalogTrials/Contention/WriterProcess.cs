using System.Globalization;
using Azure.Storage.Blobs;
using Iml4e.Catalog;

namespace Iml4e.CatalogTrials.Contention;

/// <summary>One of the processes that write to the same catalogue.</summary>
internal static class WriterProcess
{
    private const int Callers = 4;

    /// <summary>Arguments of a process.</summary>
    public static string[] Arguments(string connection, int number, int writes, int seed, TimeSpan skew, string journal) =>
    [
        connection, Text(number), Text(writes), Text(seed), Text((int)skew.TotalSeconds), journal,
    ];

    /// <summary>Writes as the arguments say; 0 when all is done.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var (connection, number, writes, seed) = (args[0], Number(args[1]), Number(args[2]), Number(args[3]));
        var client = CatalogStore.ClientOptions();
        client.Retry.Delay = TimeSpan.FromMilliseconds(20);
        client.Retry.MaxDelay = TimeSpan.FromMilliseconds(500);
        client.Retry.NetworkTimeout = TimeSpan.FromSeconds(2);
        await using var store = new CatalogStore(
            new BlobServiceClient(connection, client), new CatalogOptions { UpdateAttempts = 200 }, new SkewedTime(TimeSpan.FromSeconds(Number(args[4]))));
        using var journal = new Journal(args[5]);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var writer = new CatalogWriter(store, journal, $"w{Text(number)}-{Text(caller)}", new Random((seed * 1000) + (number * Callers) + caller));
            for (var i = caller; i < writes; i += Callers)
                await writer.WriteAsync(i);
        })));
        return 0;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
