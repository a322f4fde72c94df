using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>Something wrong in the code of a function, if that function runs as part of an orchestrator.</summary>
/// <param name="rule">What is wrong.</param>
/// <param name="location">Where.</param>
/// <param name="name">The construct, for the message.</param>
internal sealed class Finding(DiagnosticDescriptor rule, Location location, string name)
{
    public Diagnostic For(string orchestrator) => Diagnostic.Create(rule, location, name, orchestrator);
}
