namespace Iml4e.Learning;

/// <summary>Which rows a model is asked about, and how they are fed to it.</summary>
public sealed record ScoringOptions
{
    /// <summary>Places of the rows in the frame, in the order wanted; null = all. The other rows still serve as history.</summary>
    public IReadOnlyList<int>? Rows { get; init; }

    /// <summary>Columns for a model that has a single matrix as input; null = all number columns but label and <see cref="Time"/>, in file order.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>The column that orders rows, for a model whose schema does not say; it is no feature.</summary>
    public string? Time { get; init; }

    /// <summary>Rows in one call of the model.</summary>
    public int ChunkRows { get; init; } = 8_192;
}
