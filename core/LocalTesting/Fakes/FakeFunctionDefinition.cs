using System.Collections.Immutable;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>A function without parameters and bindings.</summary>
internal sealed class FakeFunctionDefinition(string name) : FunctionDefinition
{
    public override string Name { get; } = name;

    public override string Id => Name;

    public override string EntryPoint => Name;

    public override string PathToAssembly => "";

    public override ImmutableArray<FunctionParameter> Parameters => [];

    public override IImmutableDictionary<string, BindingMetadata> InputBindings => ImmutableDictionary<string, BindingMetadata>.Empty;

    public override IImmutableDictionary<string, BindingMetadata> OutputBindings => ImmutableDictionary<string, BindingMetadata>.Empty;
}
