using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>Loops that nothing ends and that write history in each round.</summary>
internal static class EndlessLoops
{
    public static bool IsEndless(ILoopOperation loop, IOperation? condition)
    {
        if (condition is not null && condition.ConstantValue is not { HasValue: true, Value: true })
            return false;
        var writes = false;
        foreach (var operation in loop.Body.Descendants())
        {
            switch (operation)
            {
                case IReturnOperation or IThrowOperation:
                case IBranchOperation { BranchKind: BranchKind.GoTo }:
                case IBranchOperation { BranchKind: BranchKind.Break } branch when SymbolEqualityComparer.Default.Equals(branch.Target, loop.ExitLabel):
                    return false;
                case IInvocationOperation call when DurableCalls.IsOnContext(call):
                    if (call.TargetMethod.Name == "ContinueAsNew")
                        return false;
                    writes |= call.TargetMethod.Name
                        is "CallActivityAsync" or "CallSubOrchestratorAsync" or "CreateTimer" or "WaitForExternalEvent" or "CallHttpAsync";
                    break;
                case IArgumentOperation argument when DurableTypes.IsContext(argument.Value.Type):
                    // Whoever is given the context may continue as new.
                    return false;
            }
        }

        return writes;
    }

    /// <summary>Where a loop begins: its keyword.</summary>
    public static Location Head(ILoopOperation loop) => loop.Syntax switch
    {
        WhileStatementSyntax statement => statement.WhileKeyword.GetLocation(),
        DoStatementSyntax statement => statement.DoKeyword.GetLocation(),
        ForStatementSyntax statement => statement.ForKeyword.GetLocation(),
        var other => other.GetLocation(),
    };
}
