using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Iml4e.Analyzers;

/// <summary>Durable calls that are made only when the code replays, or only when it does not.</summary>
internal static class ReplayBranches
{
    /// <summary>The IsReplaying on which a durable call depends; null when a condition is not of that kind.</summary>
    public static IOperation? Find(IConditionalOperation conditional)
    {
        foreach (var operation in conditional.Condition.DescendantsAndSelf())
        {
            if (operation is IPropertyReferenceOperation { Property.Name: "IsReplaying" } replaying && DurableTypes.IsContext(replaying.Instance?.Type))
                return Calls(conditional.WhenTrue) || Calls(conditional.WhenFalse) ? replaying : null;
        }

        return null;
    }

    private static bool Calls(IOperation? branch)
    {
        if (branch is null)
            return false;
        foreach (var operation in branch.DescendantsAndSelf())
        {
            if (operation is IReturnOperation
                || (operation is IInvocationOperation call && DurableCalls.IsOnContext(call) && call.TargetMethod.Name is not ("SetCustomStatus" or "GetInput")
                    && !Loggers.Is(call.Type)))
            {
                return true;
            }
        }

        return false;
    }
}
