namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An operation that gives a value.</summary>
internal sealed class StoreOperation<T>(Func<StoreDatabase, T> body, Action<T>? committed) : StoreOperation
{
    private readonly TaskCompletionSource<T> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? result;

    public Task<T> Task => source.Task;

    public override void Execute(StoreDatabase database) => result = body(database);

    public override void Complete()
    {
        committed?.Invoke(result!);
        source.TrySetResult(result!);
    }

    public override void Fail(Exception exception) => source.TrySetException(exception);
}
