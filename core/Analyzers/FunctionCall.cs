using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>A call of an activity or a sub-orchestrator by a name that the compiler knows.</summary>
/// <param name="isActivity">Whether it is an activity.</param>
/// <param name="name">The name.</param>
/// <param name="input">The type of the input; null when it has none, or none that says anything.</param>
/// <param name="output">The type that the result is asked for as; null for none.</param>
/// <param name="location">Where.</param>
internal sealed class FunctionCall(bool isActivity, string name, ITypeSymbol? input, ITypeSymbol? output, Location location)
{
    public bool IsActivity { get; } = isActivity;

    public string Name { get; } = name;

    public ITypeSymbol? Input { get; } = input;

    public ITypeSymbol? Output { get; } = output;

    public Location Location { get; } = location;
}
