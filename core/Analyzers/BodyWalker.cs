using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>Goes through the body of a function and writes down what would be wrong in an orchestrator, and what code it runs.</summary>
internal sealed class BodyWalker(Compilation compilation, OrchestratorCode code, BannedApis banned, FunctionClasses classes) : OperationWalker<FunctionCode>
{
    private readonly TaskReads reads = new();

    /// <summary>Goes through a body and the bodies of the lambdas and local functions in it.</summary>
    public void Walk(ISymbol owner, System.Collections.Immutable.ImmutableArray<IOperation> blocks)
    {
        var function = code.Of(owner);
        if (owner is IMethodSymbol { IsAsync: true, ReturnsVoid: true })
            function.Findings.Add(new Finding(Rules.AsyncVoid, owner.Locations[0], owner.Name));
        if (owner is IMethodSymbol { MethodKind: MethodKind.Constructor or MethodKind.StaticConstructor } constructor)
            AddInitializers(function, constructor.ContainingType, constructor.IsStatic);
        foreach (var block in blocks)
            Visit(block, function);
        reads.Report();
    }

    // The names in nameof run nothing.
    public override object? VisitNameOf(INameOfOperation operation, FunctionCode argument) => null;

    public override object? VisitAnonymousFunction(IAnonymousFunctionOperation operation, FunctionCode argument)
    {
        argument.Callees.Add(operation.Symbol);
        var lambda = code.Of(operation.Symbol);
        if (operation.Symbol is { IsAsync: true, ReturnsVoid: true })
            lambda.Findings.Add(new Finding(Rules.AsyncVoid, operation.Syntax.GetLocation(), "the lambda"));
        return base.VisitAnonymousFunction(operation, lambda);
    }

    public override object? VisitLocalFunction(ILocalFunctionOperation operation, FunctionCode argument)
    {
        var local = code.Of(operation.Symbol);
        if (operation.Symbol is { IsAsync: true, ReturnsVoid: true })
            local.Findings.Add(new Finding(Rules.AsyncVoid, operation.Symbol.Locations[0], operation.Symbol.Name));
        return base.VisitLocalFunction(operation, local);
    }

    public override object? VisitInvocation(IInvocationOperation operation, FunctionCode argument)
    {
        reads.Note(operation, argument);
        if (Judge(operation) is { } rule)
            Add(argument, rule, operation, operation.TargetMethod);
        else
            Follow(argument, operation.TargetMethod);
        if (DurableCalls.Describe(operation) is { } call)
            argument.Calls.Add(call);
        return base.VisitInvocation(operation, argument);
    }

    public override object? VisitMethodReference(IMethodReferenceOperation operation, FunctionCode argument)
    {
        var method = Definition(operation.Method);
        if (banned.Find(method) is { } rule)
            Add(argument, rule, operation, operation.Method);
        else
            Follow(argument, operation.Method);
        return base.VisitMethodReference(operation, argument);
    }

    public override object? VisitObjectCreation(IObjectCreationOperation operation, FunctionCode argument)
    {
        if (operation.Constructor is { } constructor)
        {
            if (banned.Find(constructor.OriginalDefinition) is { } rule)
                argument.Findings.Add(new Finding(rule, operation.Syntax.GetLocation(), $"new {constructor.ContainingType.Name}"));
            else if (OpensFile(operation))
                argument.Findings.Add(new Finding(Rules.InputOutput, operation.Syntax.GetLocation(), $"new {constructor.ContainingType.Name}"));
            Follow(argument, constructor);
            if (constructor.IsImplicitlyDeclared && IsSource(constructor.ContainingType))
                AddInitializers(argument, constructor.ContainingType, isStatic: false);
        }

        return base.VisitObjectCreation(operation, argument);
    }

    public override object? VisitPropertyReference(IPropertyReferenceOperation operation, FunctionCode argument)
    {
        var property = operation.Property.OriginalDefinition;
        reads.Note(operation, argument);
        if (banned.Find(property) is { } rule)
            Add(argument, rule, operation, property);
        else if (Loggers.IsUnsafe(operation))
            Add(argument, Rules.Logger, operation, property);
        else if (property is { IsStatic: true, SetMethod: not null })
            Add(argument, Rules.StaticState, operation, property);
        else if (IsOwnState(operation.Instance, property) && StateUse.IsAutomatic(property))
            Add(argument, Rules.InstanceState, operation, property);
        Follow(argument, property.GetMethod);
        Follow(argument, property.SetMethod);
        if (IsSource(property))
            argument.Callees.Add(property);
        return base.VisitPropertyReference(operation, argument);
    }

    public override object? VisitFieldReference(IFieldReferenceOperation operation, FunctionCode argument)
    {
        var field = operation.Field.OriginalDefinition;
        if (!field.IsConst && field.ContainingType?.TypeKind != TypeKind.Enum)
        {
            if (Loggers.IsUnsafe(operation))
                Add(argument, Rules.Logger, operation, field);
            else if (field.IsStatic && (!field.IsReadOnly || StateUse.Changes(operation)))
                Add(argument, Rules.StaticState, operation, field);
            else if (IsOwnState(operation.Instance, field) && !StateUse.HoldsLiteral(field))
                Add(argument, Rules.InstanceState, operation, field);
            if (IsSource(field))
                argument.Callees.Add(field);
        }

        return base.VisitFieldReference(operation, argument);
    }

    public override object? VisitParameterReference(IParameterReferenceOperation operation, FunctionCode argument)
    {
        var parameter = operation.Parameter;
        if (parameter.ContainingSymbol is IMethodSymbol { MethodKind: MethodKind.Constructor } constructor
            && classes.HasOrchestrator(constructor.ContainingType)
            && !IsInInitializer(operation))
        {
            Add(argument, Loggers.Is(parameter.Type) ? Rules.Logger : Rules.InstanceState, operation, parameter);
        }
        else if (Loggers.Is(parameter.Type) && parameter.ContainingSymbol is IMethodSymbol method && Orchestrators.IsOrchestrator(method))
        {
            Add(argument, Rules.Logger, operation, parameter);
        }

        return base.VisitParameterReference(operation, argument);
    }

    public override object? VisitAwait(IAwaitOperation operation, FunctionCode argument)
    {
        reads.NoteAwait(operation);
        return base.VisitAwait(operation, argument);
    }

    public override object? VisitVariableDeclarator(IVariableDeclaratorOperation operation, FunctionCode argument)
    {
        reads.NoteAssignment(operation.Symbol, operation.GetVariableInitializer()?.Value);
        return base.VisitVariableDeclarator(operation, argument);
    }

    public override object? VisitSimpleAssignment(ISimpleAssignmentOperation operation, FunctionCode argument)
    {
        if (operation.Target is ILocalReferenceOperation local)
            reads.NoteAssignment(local.Local, operation.Value);
        return base.VisitSimpleAssignment(operation, argument);
    }

    public override object? VisitForEachLoop(IForEachLoopOperation operation, FunctionCode argument)
    {
        var collection = Unconverted(operation.Collection);
        if (HashOrder.Has(collection.Type))
            argument.Findings.Add(new Finding(Rules.HashOrder, collection.Syntax.GetLocation(), collection.Syntax.ToString()));
        if (operation.IsAsynchronous && !(collection is IInvocationOperation call && IsSource(Definition(call.TargetMethod))))
            argument.Findings.Add(new Finding(Rules.ForeignTask, collection.Syntax.GetLocation(), collection.Syntax.ToString()));
        return base.VisitForEachLoop(operation, argument);
    }

    public override object? VisitWhileLoop(IWhileLoopOperation operation, FunctionCode argument)
    {
        if (EndlessLoops.IsEndless(operation, operation.Condition))
            argument.Findings.Add(new Finding(Rules.EndlessLoop, EndlessLoops.Head(operation), "the loop"));
        return base.VisitWhileLoop(operation, argument);
    }

    public override object? VisitForLoop(IForLoopOperation operation, FunctionCode argument)
    {
        if (EndlessLoops.IsEndless(operation, operation.Condition))
            argument.Findings.Add(new Finding(Rules.EndlessLoop, EndlessLoops.Head(operation), "the loop"));
        return base.VisitForLoop(operation, argument);
    }

    public override object? VisitConditional(IConditionalOperation operation, FunctionCode argument)
    {
        if (ReplayBranches.Find(operation) is { } replaying)
            argument.Findings.Add(new Finding(Rules.IsReplaying, replaying.Syntax.GetLocation(), "IsReplaying"));
        return base.VisitConditional(operation, argument);
    }

    public override object? VisitBinaryOperator(IBinaryOperation operation, FunctionCode argument)
    {
        Follow(argument, operation.OperatorMethod);
        return base.VisitBinaryOperator(operation, argument);
    }

    public override object? VisitUnaryOperator(IUnaryOperation operation, FunctionCode argument)
    {
        Follow(argument, operation.OperatorMethod);
        return base.VisitUnaryOperator(operation, argument);
    }

    public override object? VisitConversion(IConversionOperation operation, FunctionCode argument)
    {
        Follow(argument, operation.OperatorMethod);
        return base.VisitConversion(operation, argument);
    }

    /// <summary>What is wrong with a call; null when nothing is.</summary>
    private DiagnosticDescriptor? Judge(IInvocationOperation operation)
    {
        var method = Definition(operation.TargetMethod);
        if (DurableCalls.IsOnClient(operation))
            return Rules.DurableClient;
        if (method.Name == "ConfigureAwait" && !IsSource(method))
            return Awaits.StaysOnThread(operation) ? null : Rules.ConfigureAwait;
        if (banned.Find(method) is { } rule)
            return rule;
        if (DurableTypes.FindParameter(method, DurableTypes.ActivityTrigger) is not null)
            return Rules.DirectActivity;
        if (IsSource(method))
            return null;
        if (Loggers.IsUnsafe(operation))
            return Rules.Logger;
        if (Awaits.IsForeign(method))
            return Rules.ForeignTask;
        return HashOrder.IsEnumeratedBy(operation) ? Rules.HashOrder : null;
    }

    private void Follow(FunctionCode from, IMethodSymbol? method)
    {
        if (method is not null && Definition(method) is var definition && IsSource(definition))
            from.Callees.Add(definition);
    }

    private static void Add(FunctionCode function, DiagnosticDescriptor rule, IOperation operation, ISymbol symbol)
    {
        var type = symbol.ContainingType is { IsImplicitlyDeclared: false } containing && symbol is not IParameterSymbol ? containing.Name + "." : "";
        function.Findings.Add(new Finding(rule, operation.Syntax.GetLocation(), rule == Rules.DirectActivity ? symbol.Name : type + symbol.Name));
    }

    private static void AddInitializers(FunctionCode function, INamedTypeSymbol type, bool isStatic)
    {
        foreach (var member in type.GetMembers())
        {
            if (member is IFieldSymbol or IPropertySymbol && member.IsStatic == isStatic)
                function.Callees.Add(member);
        }
    }

    private static IMethodSymbol Definition(IMethodSymbol method)
    {
        var definition = (method.ReducedFrom ?? method).OriginalDefinition;
        return definition.PartialImplementationPart ?? definition;
    }

    private bool IsSource(ISymbol? symbol) => SymbolEqualityComparer.Default.Equals(symbol?.ContainingAssembly, compilation.Assembly);

    /// <summary>Whether a member belongs to the object whose method is the orchestrator.</summary>
    private bool IsOwnState(IOperation? instance, ISymbol member) =>
        instance is IInstanceReferenceOperation && classes.HasOrchestrator(member.ContainingType);

    private static bool IsInInitializer(IOperation operation)
    {
        for (var parent = operation.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is IFieldInitializerOperation or IPropertyInitializerOperation or IConstructorBodyOperation)
                return true;
        }

        return false;
    }

    /// <summary>Whether a reader or writer is made over the path of a file.</summary>
    private static bool OpensFile(IObjectCreationOperation operation) =>
        operation.Type is { Name: "StreamReader" or "StreamWriter", ContainingNamespace: { Name: "IO", ContainingNamespace.Name: "System" } }
        && operation.Constructor!.Parameters.Length > 0
        && operation.Constructor.Parameters[0].Type.SpecialType == SpecialType.System_String;

    private static IOperation Unconverted(IOperation operation) =>
        operation is IConversionOperation { IsImplicit: true } conversion ? conversion.Operand : operation;
}
