using System.Diagnostics.CodeAnalysis;
using Iml4e.LocalRuntime.Testing.Scripts;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>Entities as a fake context offers them: calls are answered from scripts, signals and locks are only written down.</summary>
internal sealed class FakeEntityFeature(FakeTimers timers) : TaskOrchestrationEntityFeature
{
    private readonly ScriptBook book = new("entity operation");
    private readonly List<FakeEntityCall> calls = [];
    private IReadOnlyList<EntityInstanceId>? locked;

    public IReadOnlyList<FakeEntityCall> Calls => calls;

    public CallScript On(string name, string operation) => book.On(Key(name, operation));

    public override async Task<TResult> CallEntityAsync<TResult>(
        EntityInstanceId id, string operationName, object? input = null, CallEntityOptions? options = null) =>
        FakeValue.As<TResult>(await CallAsync(id, operationName, input), $"answer of '{operationName}' of entity '{id}'");

    public override Task CallEntityAsync(EntityInstanceId id, string operationName, object? input = null, CallEntityOptions? options = null) =>
        CallAsync(id, operationName, input);

    public override Task SignalEntityAsync(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null)
    {
        calls.Add(new FakeEntityCall(id, operationName, input, true));
        return Task.CompletedTask;
    }

    public override Task<IAsyncDisposable> LockEntitiesAsync(IEnumerable<EntityInstanceId> entityIds)
    {
        locked = [.. entityIds];
        return Task.FromResult<IAsyncDisposable>(new Release(this));
    }

    public override bool InCriticalSection([NotNullWhen(true)] out IReadOnlyList<EntityInstanceId>? entityIds)
    {
        entityIds = locked;
        return locked is not null;
    }

    private static string Key(string name, string operation) => $"{name}.{operation}";

    private Task<object?> CallAsync(EntityInstanceId id, string operation, object? given)
    {
        calls.Add(new FakeEntityCall(id, operation, given, false));
        var input = new ScriptedInput(_ => given);
        var script = book.Find(Key(id.Name, operation), input)
            ?? throw new UnscriptedCallException($"The orchestrator called '{operation}' of entity '{id}', which nothing answers; say so with OnEntity.");
        return FakeAnswer.GiveAsync(script.Next(), input, timers, failure => new EntityOperationFailedException(
            id, operation, failure as TaskFailureDetails ?? TaskFailureDetails.FromException((Exception)failure)));
    }

    private sealed class Release(FakeEntityFeature feature) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            feature.locked = null;
            return ValueTask.CompletedTask;
        }
    }
}
