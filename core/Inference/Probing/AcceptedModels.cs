using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Iml4e.Inference.Probing;

/// <summary>
/// The newest models that passed their trial in this process, by the SHA-256 of their bytes, so that the same file need not be tried again. Refusals are not
/// remembered, nor does anything outlive the process: another build, another runtime or other limits try anew.
/// </summary>
/// <param name="most">Models remembered at most; the oldest are forgotten first.</param>
internal sealed class AcceptedModels(int most)
{
    private const int LongestProperties = 16 * 1024;
    private const int LargestInterface = 256;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ModelMetadata> _accepted = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>The name that bytes are remembered by; always reckoned here, never taken from anyone.</summary>
    internal static string Digest(ReadOnlySpan<byte> onnx) => Convert.ToHexStringLower(SHA256.HashData(onnx));

    /// <summary>What a model takes and gives, if it is remembered.</summary>
    internal bool TryFind(string digest, [NotNullWhen(true)] out ModelMetadata? metadata)
    {
        lock (_gate)
            return _accepted.TryGetValue(digest, out metadata);
    }

    /// <summary>Remembers a model that has passed; not one whose description is long.</summary>
    internal void Add(string digest, ModelMetadata metadata)
    {
        if (metadata.Inputs.Count + metadata.Outputs.Count > LargestInterface || metadata.Properties.Sum(p => (long)p.Key.Length + p.Value.Length) > LongestProperties)
            return;
        lock (_gate)
        {
            if (most == 0 || !_accepted.TryAdd(digest, metadata))
                return;
            _order.Enqueue(digest);
            if (_order.Count > most)
                _accepted.Remove(_order.Dequeue());
        }
    }
}
