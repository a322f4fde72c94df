namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>A model by its name alone, or with how it is run.</summary>
internal sealed class BaseModelConverter() : TextOrObjectConverter<ModelReference>("base_model")
{
    /// <inheritdoc/>
    protected override ModelReference Of(string text) => new() { Uri = text };
}
