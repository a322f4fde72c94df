namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Who uses a payload that is kept apart.</summary>
/// <param name="Kind">0 for an execution, 1 for a message to an entity, 2 for the state of an entity.</param>
/// <param name="Key">The number of the execution or of the message; the entity's id.</param>
internal readonly record struct PayloadOwner(int Kind, object Key)
{
    public static PayloadOwner Execution(long execution) => new(0, execution);

    public static PayloadOwner Message(long number) => new(1, number);

    public static PayloadOwner State(string entityId) => new(2, entityId);
}
