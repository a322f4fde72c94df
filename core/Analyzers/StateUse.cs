using System.Collections.Generic;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>What of the fields and properties of an app is state, and what only names a value.</summary>
internal static class StateUse
{
    private static readonly HashSet<string> Changing = new(System.StringComparer.Ordinal)
    {
        "Add", "AddRange", "TryAdd", "Remove", "RemoveAt", "RemoveAll", "Clear", "Insert", "Enqueue", "Dequeue", "TryDequeue", "Push", "Pop", "TryPop",
        "GetOrAdd",
    };

    /// <summary>Whether a field is written with its value in the code, and so is the same in each object.</summary>
    public static bool HoldsLiteral(IFieldSymbol field)
    {
        foreach (var declaration in field.DeclaringSyntaxReferences)
        {
            if (field.IsReadOnly && declaration.GetSyntax() is VariableDeclaratorSyntax { Initializer.Value: LiteralExpressionSyntax })
                return true;
        }

        return false;
    }

    /// <summary>Whether a property only keeps a value.</summary>
    public static bool IsAutomatic(IPropertySymbol property)
    {
        foreach (var member in property.ContainingType.GetMembers())
        {
            if (member is IFieldSymbol field && SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property))
                return true;
        }

        return false;
    }

    /// <summary>Whether a static field that always holds the same object is used to keep something in that object.</summary>
    public static bool Changes(IFieldReferenceOperation field)
    {
        if (field.Field.Type.ContainingNamespace?.ToDisplayString() == "System.Collections.Concurrent")
            return true;
        return field.Parent switch
        {
            IInvocationOperation call when call.Instance == field && IsMutableCollection(field.Field.Type) => Changing.Contains(call.TargetMethod.Name),
            IPropertyReferenceOperation { Property.IsIndexer: true } indexer => indexer.Parent is IAssignmentOperation write && write.Target == indexer,
            IArrayElementReferenceOperation element => element.Parent is IAssignmentOperation write && write.Target == element,
            _ => false,
        };
    }

    private static bool IsMutableCollection(ITypeSymbol type)
    {
        if (type.ContainingNamespace?.ToDisplayString() == "System.Collections.Immutable")
            return false;
        foreach (var implemented in type.AllInterfaces)
        {
            if (implemented.SpecialType == SpecialType.System_Collections_IEnumerable)
                return true;
        }

        return false;
    }
}
