using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Iml4e.LocalRuntime.Hosting.Storage;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Hosting.Security;

/// <summary>
/// The keys of the app, made on the first start and kept in <c>keys.json</c> of the data folder, readable by the owner alone.
/// A key comes as <c>?code=</c> or in the header <c>x-functions-key</c>.
/// </summary>
internal sealed class FunctionKeys
{
    /// <summary>The system key of the durable management API.</summary>
    public const string DurableTaskExtension = "durabletask_extension";

    /// <summary>The system key of the blob webhook.</summary>
    public const string BlobsExtension = "blobs_extension";

    private const string Header = "x-functions-key";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly bool enabled;
    private readonly KeyFile keys;
    private readonly Dictionary<string, byte[][]> functionHashes = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, byte[][]> systemHashes = new(StringComparer.OrdinalIgnoreCase);
    private readonly byte[][] anySystemHashes;
    private readonly byte[][] hostHashes;
    private readonly byte[][] masterHashes;

    public FunctionKeys(LocalRuntimeOptions options, FunctionRegistry registry)
    {
        enabled = !options.AuthIsOff;
        keys = Load(Path.Combine(options.DataPath, "keys.json"), registry);
        var master = Hash(keys.MasterKey);
        masterHashes = [master];
        hostHashes = [master, .. keys.HostKeys.Values.Select(Hash)];
        anySystemHashes = [master, .. keys.SystemKeys.Values.Select(Hash)];
        foreach (var (name, own) in keys.FunctionKeys)
            functionHashes[name] = [.. hostHashes, .. own.Values.Select(Hash)];
        foreach (var (name, key) in keys.SystemKeys)
            systemHashes[name] = [master, Hash(key)];
    }

    /// <summary>False when the app runs without keys, on loopback.</summary>
    public bool IsEnabled => enabled;

    public string MasterKey => keys.MasterKey;

    /// <summary>The system key of an extension.</summary>
    public string SystemKey(string name) => keys.SystemKeys[name];

    /// <summary>The function's own key.</summary>
    public string FunctionKey(string function) => keys.FunctionKeys[function]["default"];

    /// <summary>Whether the request holds a key that opens this function at this level; always true when keys are off.</summary>
    public bool Allows(HttpRequest request, AuthorizationLevel level, string? function = null)
    {
        if (!enabled || level == AuthorizationLevel.Anonymous)
            return true;
        return Fits(request, level switch
        {
            AuthorizationLevel.Admin => masterHashes,
            AuthorizationLevel.System => anySystemHashes,
            _ => function is not null && functionHashes.TryGetValue(function, out var own) ? own : hostHashes,
        });
    }

    /// <summary>Whether the request holds the named system key or the master key; always true when keys are off.</summary>
    public bool AllowsSystem(HttpRequest request, string systemKey) => !enabled || Fits(request, systemHashes[systemKey]);

    private static bool Fits(HttpRequest request, byte[][] allowed)
    {
        string? given = request.Headers[Header];
        if (string.IsNullOrEmpty(given))
            given = request.Query["code"];
        if (string.IsNullOrEmpty(given) || given.Length > 1024)
            return false;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(given), hash);

        // Every key is compared, and hashes of one length at that, so that the time says nothing about how much of a guess was right.
        var fits = false;
        foreach (var key in allowed)
            fits |= CryptographicOperations.FixedTimeEquals(hash, key);
        return fits;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static KeyFile Load(string path, FunctionRegistry registry)
    {
        KeyFile file;
        var changed = false;
        if (File.Exists(path))
        {
            try
            {
                file = JsonSerializer.Deserialize<KeyFile>(File.ReadAllBytes(path), Json) ?? throw new JsonException("the file is empty");
            }
            catch (JsonException exception)
            {
                throw new InvalidOperationException($"keys.json in the data folder cannot be read: {exception.Message}", exception);
            }
        }
        else
        {
            file = new KeyFile();
            changed = true;
        }

        if (file.MasterKey.Length == 0)
        {
            file.MasterKey = NewKey();
            changed = true;
        }

        changed |= file.HostKeys.TryAdd("default", NewKey());
        changed |= file.SystemKeys.TryAdd(DurableTaskExtension, NewKey());
        changed |= file.SystemKeys.TryAdd(BlobsExtension, NewKey());
        foreach (var function in registry.OfKind(TriggerKind.Http))
        {
            changed |= file.FunctionKeys.TryAdd(function.Name, []);
            changed |= file.FunctionKeys[function.Name].TryAdd("default", NewKey());
        }

        if (changed)
            AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(file, Json), ownerOnly: true);
        return file;
    }

    private static string NewKey()
        => Convert.ToBase64String(RandomNumberGenerator.GetBytes(40)).Replace('+', '-').Replace('/', '_').TrimEnd('=');

    private sealed class KeyFile
    {
        public string MasterKey { get; set; } = "";

        public Dictionary<string, string> HostKeys { get; init; } = [];

        public Dictionary<string, string> SystemKeys { get; init; } = [];

        public SortedDictionary<string, Dictionary<string, string>> FunctionKeys { get; init; } = new(StringComparer.OrdinalIgnoreCase);
    }
}
