namespace Iml4e.LocalRuntime.DurableTask.Entities;

/// <summary>One operation that an entity is to carry out.</summary>
public abstract class TaskEntityOperation
{
    /// <summary>The operation's name, in the caller's spelling.</summary>
    public abstract string Name { get; }

    public abstract TaskEntityContext Context { get; }

    public abstract TaskEntityState State { get; }

    /// <summary>Whether the caller gave an input.</summary>
    public abstract bool HasInput { get; }

    public virtual T? GetInput<T>() => (T?)GetInput(typeof(T));

    public abstract object? GetInput(Type inputType);

    public override string ToString() => $"{Context.Id.Name}/{Name}";
}
