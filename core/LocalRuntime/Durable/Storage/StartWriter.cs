namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Starts instances inside the open transaction.</summary>
internal static class StartWriter
{
    /// <summary>Creates an instance unless one of its id stands in the way.</summary>
    public static StartResult Start(StoreDatabase database, OrchestrationStart start)
    {
        var instance = start.Instance;
        var deliveries = new List<Delivery>();
        if (InstanceTable.Find(database, instance.InstanceId) is { } existing)
        {
            if (start.Blocks(existing.Status))
                return new StartResult(existing.Status, []);
            if (!existing.IsFinished)
                EntityWriter.ReleaseLocks(database, existing.Execution, deliveries);
            InstanceTable.Delete(database, existing.InstanceId, existing.Execution);
        }

        InstanceTable.Insert(database, instance);
        deliveries.Add(new Delivery(instance.InstanceId, null));
        return new StartResult(null, deliveries);
    }
}
