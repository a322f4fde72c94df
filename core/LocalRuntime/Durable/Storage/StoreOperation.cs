namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Something to be done on the database inside the writer's transaction.</summary>
internal abstract class StoreOperation
{
    public abstract void Execute(StoreDatabase database);

    public abstract void Complete();

    public abstract void Fail(Exception exception);
}
