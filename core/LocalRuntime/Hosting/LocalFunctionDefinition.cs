using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>The facts of a function that middleware may read.</summary>
internal sealed class LocalFunctionDefinition : FunctionDefinition
{
    public LocalFunctionDefinition(FunctionDescriptor function)
    {
        Name = function.Name;
        EntryPoint = $"{function.Method.DeclaringType!.FullName}.{function.Method.Name}";
        PathToAssembly = function.Method.DeclaringType.Assembly.Location;
        Id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{EntryPoint} {Name}")).AsSpan(0, 16)).ToString("N");
        Parameters = [.. function.Parameters.Select(Describe)];
        InputBindings = function.Parameters
            .Select(parameter => (parameter, attribute: parameter.GetCustomAttribute<BindingAttribute>()))
            .Where(pair => pair.attribute is TriggerBindingAttribute or InputBindingAttribute)
            .ToImmutableDictionary(
                pair => pair.parameter.Name!,
                pair => (BindingMetadata)new LocalBindingMetadata(pair.parameter.Name!, TypeOf(pair.attribute!), BindingDirection.In));
        OutputBindings = Outputs(function).ToImmutableDictionary(output => output.Name);
    }

    public override ImmutableArray<FunctionParameter> Parameters { get; }

    public override string PathToAssembly { get; }

    public override string EntryPoint { get; }

    public override string Id { get; }

    public override string Name { get; }

    public override IImmutableDictionary<string, BindingMetadata> InputBindings { get; }

    public override IImmutableDictionary<string, BindingMetadata> OutputBindings { get; }

    /// <summary>The binding's type name as the functions host writes it, such as <c>httpTrigger</c>.</summary>
    public static string TypeOf(BindingAttribute attribute) => attribute switch
    {
        BlobInputAttribute or BlobOutputAttribute => "blob",
        HttpResultAttribute => "http",
        _ => char.ToLowerInvariant(attribute.GetType().Name[0]) + attribute.GetType().Name[1..^"Attribute".Length],
    };

    private static FunctionParameter Describe(ParameterInfo parameter)
    {
        var properties = parameter.GetCustomAttribute<BindingAttribute>() is { } attribute
            ? ImmutableDictionary<string, object>.Empty.Add("bindingAttribute", attribute)
            : ImmutableDictionary<string, object>.Empty;
        return new(parameter.Name!, parameter.ParameterType, parameter.HasDefaultValue, parameter.HasDefaultValue ? parameter.DefaultValue : null, properties);
    }

    private static IEnumerable<BindingMetadata> Outputs(FunctionDescriptor function)
    {
        if (function.Method.GetCustomAttribute<OutputBindingAttribute>() is { } attribute)
            yield return new LocalBindingMetadata("$return", TypeOf(attribute), BindingDirection.Out);
        var marked = false;
        foreach (var property in function.ResultType.GetProperties())
        {
            if (property.GetCustomAttribute<OutputBindingAttribute>() is not { } output)
                continue;
            marked = true;
            yield return new LocalBindingMetadata(property.Name, TypeOf(output), BindingDirection.Out);
        }

        if (function.Kind == TriggerKind.Http && !marked && function.Method.GetCustomAttribute<OutputBindingAttribute>() is null)
            yield return new LocalBindingMetadata("$return", "http", BindingDirection.Out);
    }

    private sealed class LocalBindingMetadata(string name, string type, BindingDirection direction) : BindingMetadata
    {
        public override string Name => name;

        public override string Type => type;

        public override BindingDirection Direction => direction;
    }
}
