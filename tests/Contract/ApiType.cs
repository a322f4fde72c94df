namespace Iml4e.Tests.Contract;

/// <summary>A type of the real packages: kind, full name with generic parameters, base, assembly and its members as listed.</summary>
internal sealed record ApiType(string Kind, string Name, string? Base, string Assembly, List<string> Members)
{
    public string Namespace => Bare[..Bare.LastIndexOf('.')];

    /// <summary>The name without namespace and generic parameters.</summary>
    public string SimpleName => Bare[(Bare.LastIndexOf('.') + 1)..];

    /// <summary>The generic parameters in angle brackets, or nothing.</summary>
    public string Generics => Name.Contains('<', StringComparison.Ordinal) ? Name[Name.IndexOf('<', StringComparison.Ordinal)..] : "";

    private string Bare => Name.Split('<')[0];
}
