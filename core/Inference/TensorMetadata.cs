namespace Iml4e.Inference;

/// <summary>What a model says about one input or output.</summary>
/// <param name="Name">Name of the input or output.</param>
/// <param name="Datatype">Type of the elements.</param>
/// <param name="Shape">Dimensions; -1 is variable. Where the model declares no rank at all: [-1] and <see cref="AnyRank"/>.</param>
public sealed record TensorMetadata(string Name, TensorDatatype Datatype, long[] Shape)
{
    /// <summary>Names of the variable dimensions, as long as <see cref="Shape"/>; null where a dimension is fixed or nameless. Null when unknown.</summary>
    public IReadOnlyList<string?>? Symbols { get; init; }

    /// <summary>The model declares no rank: any shape fits.</summary>
    public bool AnyRank { get; init; }
}
