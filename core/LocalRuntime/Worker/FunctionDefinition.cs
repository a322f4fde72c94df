using System.Collections.Immutable;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>What is known of a function before it runs.</summary>
public abstract class FunctionDefinition
{
    /// <summary>The parameters in order.</summary>
    public abstract ImmutableArray<FunctionParameter> Parameters { get; }

    /// <summary>The file of the assembly.</summary>
    public abstract string PathToAssembly { get; }

    /// <summary>Full type name and method name.</summary>
    public abstract string EntryPoint { get; }

    /// <summary>An id that is stable as long as entry point and name are.</summary>
    public abstract string Id { get; }

    /// <summary>The function's name.</summary>
    public abstract string Name { get; }

    /// <summary>Bindings into the function, by parameter name.</summary>
    public abstract IImmutableDictionary<string, BindingMetadata> InputBindings { get; }

    /// <summary>Bindings out of the function, by name.</summary>
    public abstract IImmutableDictionary<string, BindingMetadata> OutputBindings { get; }
}
