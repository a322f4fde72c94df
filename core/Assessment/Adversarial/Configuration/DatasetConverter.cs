namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>A data set by its name alone, or with how it is read.</summary>
internal sealed class DatasetConverter() : TextOrObjectConverter<DatasetReference>("dataset")
{
    /// <inheritdoc/>
    protected override DatasetReference Of(string text) => new() { Uri = text };
}
