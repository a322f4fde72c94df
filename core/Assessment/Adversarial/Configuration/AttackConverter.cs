namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>An attack by its name alone, or with parameters.</summary>
internal sealed class AttackConverter() : TextOrObjectConverter<AttackSettings>("attack")
{
    /// <inheritdoc/>
    protected override AttackSettings Of(string text) => new() { Name = text };
}
