using System.Collections.Generic;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>
/// Where the results of tasks are read without an await. That blocks, unless the task is known to be complete: it was awaited, alone or by a WhenAll or WhenAny
/// before, or was asked whether it is. Only tasks that the same code has started are judged.
/// </summary>
internal sealed class TaskReads
{
    private readonly HashSet<ISymbol> settled = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> started = new(SymbolEqualityComparer.Default);
    private readonly List<(ISymbol? Task, IOperation Read, FunctionCode Function, string Name)> reads = [];
    private int firstJoin = int.MaxValue;

    public void NoteAssignment(ISymbol local, IOperation? value)
    {
        if (value is IInvocationOperation)
            started.Add(local);
    }

    public void NoteAwait(IAwaitOperation await)
    {
        if (Symbol(await.Operation) is { } task)
            settled.Add(task);
        foreach (var operation in await.Operation.DescendantsAndSelf())
        {
            if (operation is IInvocationOperation { TargetMethod: { Name: "WhenAll" or "WhenAny", ContainingType.Name: "Task" } })
                firstJoin = System.Math.Min(firstJoin, await.Syntax.SpanStart);
        }
    }

    /// <summary>Takes a look at a property of a task.</summary>
    public void Note(IPropertyReferenceOperation property, FunctionCode function)
    {
        if (!IsTask(property.Instance?.Type))
            return;
        if (property.Property.Name == "Result")
            Read(property.Instance!, property, function, "Task.Result");
        else if (Symbol(property.Instance!) is { } task)
            settled.Add(task);
    }

    /// <summary>Takes a look at a call on a task or its awaiter.</summary>
    public void Note(IInvocationOperation call, FunctionCode function)
    {
        if (call.TargetMethod.Name == "Wait" && IsTask(call.Instance?.Type))
            reads.Add((null, call, function, "Task.Wait"));
        else if (call is { TargetMethod.Name: "GetResult", Instance: IInvocationOperation { TargetMethod.Name: "GetAwaiter", Instance: { } task } })
            Read(task, call, function, "GetAwaiter().GetResult()");
    }

    /// <summary>Adds the findings, once all of a body has been seen.</summary>
    public void Report()
    {
        foreach (var (task, read, function, name) in reads)
        {
            if (task is null || (started.Contains(task) && !settled.Contains(task) && read.Syntax.SpanStart < firstJoin))
                function.Findings.Add(new Finding(Rules.Blocking, read.Syntax.GetLocation(), name));
        }
    }

    private void Read(IOperation task, IOperation read, FunctionCode function, string name)
    {
        if (Symbol(task) is { } symbol)
            reads.Add((symbol, read, function, name));
        else if (task is IInvocationOperation)
            reads.Add((null, read, function, name));
    }

    private static ISymbol? Symbol(IOperation operation) => operation switch
    {
        ILocalReferenceOperation local => local.Local,
        IConversionOperation conversion => Symbol(conversion.Operand),
        _ => null,
    };

    private static bool IsTask(ITypeSymbol? type) =>
        type is { Name: "Task" or "ValueTask" } && type.ContainingNamespace.ToDisplayString() == "System.Threading.Tasks";
}
