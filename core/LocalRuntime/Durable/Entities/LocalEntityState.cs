using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>
/// The state of an entity during one operation. It is kept as JSON and read anew each time, so that operations see the same whether they
/// come together in a batch or not.
/// </summary>
internal sealed class LocalEntityState(DataConverter converter, string? json) : TaskEntityState
{
    /// <summary>The state as JSON; null for none.</summary>
    public string? Json { get; private set; } = json;

    public override bool HasState => Json is not null;

    public override object? GetState(Type type) => converter.Deserialize(Json, type);

    public override void SetState(object? state) => Json = converter.Serialize(state);
}
