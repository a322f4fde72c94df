namespace Iml4e.Catalog;

/// <summary>What holds where a model's <see cref="LoggingPolicy"/> says nothing.</summary>
public sealed record LoggingDefaults
{
    /// <summary>Fewest bytes of <see cref="MaskKey"/>.</summary>
    public const int LeastKeyBytes = 32;

    /// <summary>Whether answers wait for the log.</summary>
    public Durability Durability { get; init; } = Durability.Durable;

    /// <summary>Elements, of all inputs or all outputs together, up to which values are kept; beyond it digests are.</summary>
    public long MaxElements { get; init; } = 4096;

    /// <summary>Key of keyed digests, 32 bytes or more; empty = there is none, and what should be masked by one is dropped.</summary>
    public ReadOnlyMemory<byte> MaskKey { get; init; }
}
