using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>A call that is answered with a value.</summary>
internal sealed class OpenTask<T>(int id, string name) : OpenTask(id, name)
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

    public override void Fail(TaskFailureDetails failure) => source.TrySetException(new TaskFailedException(Name, Id, failure));

    public override void Cancel(CancellationToken cancellationToken) => source.TrySetCanceled(cancellationToken);
}
