using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>A call that is answered with a value.</summary>
/// <param name="id">The sequence number.</param>
/// <param name="name">The name of what is called.</param>
/// <param name="failed">What its failure is thrown as; null for a <see cref="TaskFailedException"/>.</param>
internal sealed class OpenTask<T>(int id, string name, Func<TaskFailureDetails, Exception>? failed = null) : OpenTask(id, name)
{
    private readonly TaskCompletionSource<T> source = new();

    public Task<T> Task => source.Task;

    public override void Complete(string? json, DataConverter converter)
    {
        T value;
        try
        {
            value = converter.Deserialize<T>(json)!;
        }
        catch (Exception exception)
        {
            source.TrySetException(exception);
            return;
        }

        source.TrySetResult(value);
    }

    public override void Fail(TaskFailureDetails failure) => 
        source.TrySetException(failed?.Invoke(failure) ?? new TaskFailedException(Name, Id, failure));

    public override void Cancel(CancellationToken cancellationToken) => source.TrySetCanceled(cancellationToken);
}
