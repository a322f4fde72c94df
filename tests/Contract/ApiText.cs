using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Iml4e.Tests.Contract;

/// <summary>Writes our types and members in the words of the facts, under the names that they have in the real packages.</summary>
internal static class ApiText
{
    private static readonly (string Ours, string Real)[] Namespaces =
    [
        ("Iml4e.LocalRuntime.Worker", "Microsoft.Azure.Functions.Worker"),
        ("Iml4e.LocalRuntime.DurableTask", "Microsoft.DurableTask"),
        ("Iml4e.LocalRuntime.DurableTaskCore", "DurableTask.Core"),
    ];

    /// <summary>The real name of a namespace of ours; null when it mirrors none.</summary>
    public static string? RealNamespace(string? ours)
    {
        if (ours is null)
            return null;
        if (ours.StartsWith("Microsoft.", StringComparison.Ordinal))
            return ours;
        foreach (var (prefix, real) in Namespaces)
        {
            if (ours == prefix || ours.StartsWith(prefix + ".", StringComparison.Ordinal))
                return real + ours[prefix.Length..];
        }

        return null;
    }

    public static string KindOf(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    public static string? BaseOf(Type type)
        => type.BaseType is null || type.IsValueType || type.BaseType == typeof(object) ? null : NameOf(type.BaseType);

    public static string NameOf(Type type)
    {
        if (type.IsByRef)
            return NameOf(type.GetElementType()!);
        if (type.IsArray)
            return NameOf(type.GetElementType()!) + "[]";
        if (type.IsGenericParameter)
            return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return NameOf(underlying) + "?";
        var scope = type.IsNested ? NameOf(type.DeclaringType!) : RealNamespace(type.Namespace) ?? type.Namespace;
        var name = type.Name.Split('`')[0];
        var arguments = type.GetGenericArguments();
        return arguments.Length == 0 || !type.Name.Contains('`', StringComparison.Ordinal)
            ? $"{scope}.{name}"
            : $"{scope}.{name}<{string.Join(", ", arguments.Select(NameOf))}>";
    }

    /// <summary>The members that a type itself declares, public and protected, without what the compiler adds and the facts leave out.</summary>
    public static IEnumerable<string> MembersOf(Type type)
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        if (type.IsEnum)
        {
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
                yield return FormattableString.Invariant($"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
            yield break;
        }

        foreach (var constructor in type.GetConstructors(Declared).Where(constructor => !constructor.IsStatic && AccessOf(constructor) is not null))
            yield return $"{AccessOf(constructor)} new({Parameters(constructor)})";
        foreach (var method in type.GetMethods(Declared))
        {
            if (AccessOf(method) is not { } access || method.IsSpecialName || method.Name is "<Clone>$" or "PrintMembers" or "Finalize")
                continue;
            var modifier = method.IsStatic ? "static " : type.IsInterface ? "" : Modifier(method);
            var generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(NameOf))}>" : "";
            yield return $"{access} {modifier}{NameOf(method.ReturnType)} {method.Name}{generics}({Parameters(method)})";
        }

        foreach (var property in type.GetProperties(Declared))
        {
            var accessors = new[] { property.GetMethod, property.SetMethod }.OfType<MethodInfo>().Where(accessor => AccessOf(accessor) is not null).ToList();
            if (accessors.Count == 0)
                continue;
            var access = accessors.Any(accessor => AccessOf(accessor) == "public") ? "public" : "protected";
            var first = accessors[0];
            var modifier = first.IsStatic ? "static " : !type.IsInterface && first.IsAbstract ? "abstract " : "";
            var words = string.Concat(accessors.Select(accessor => accessor == property.GetMethod ? "get; " : IsInit(accessor) ? "init; " : "set; "));
            yield return $"{access} {modifier}{NameOf(property.PropertyType)} {property.Name} {{ {words}}}";
        }

        foreach (var field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
        {
            var modifier = (field.IsStatic ? "static " : "") + (field.IsLiteral ? "const " : "");
            yield return $"{(field.IsPublic ? "public" : "protected")} {modifier}{NameOf(field.FieldType)} {field.Name}";
        }
    }

    private static string? AccessOf(MethodBase method) => method.IsPublic ? "public" : method.IsFamily || method.IsFamilyOrAssembly ? "protected" : null;

    private static string Modifier(MethodInfo method) => method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "";

    private static bool IsInit(MethodInfo setter) => setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Parameters(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute), false);
        return string.Join(", ", method.GetParameters().Select((parameter, index) =>
            (extension && index == 0 ? "this " : "") + (parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : "")
            + $"{NameOf(parameter.ParameterType)} {parameter.Name}{Default(parameter)}"));
    }

    private static string Default(ParameterInfo parameter)
    {
        if (!parameter.HasDefaultValue)
            return "";
        return " = " + (parameter.DefaultValue is null ? "default" : Convert.ToString(parameter.DefaultValue, CultureInfo.InvariantCulture));
    }
}
