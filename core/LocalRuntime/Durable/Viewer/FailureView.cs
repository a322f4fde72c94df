using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>Why an instance failed, with the chain of causes.</summary>
internal sealed record FailureView(string Type, string Message, string? Stack, FailureView? Cause)
{
    public static FailureView? Of(TaskFailureDetails? failure) => failure is null
        ? null
        : new FailureView(failure.ErrorType, failure.ErrorMessage, failure.StackTrace, Of(failure.InnerFailure));
}
