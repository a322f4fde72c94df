namespace Iml4e.LocalRuntime.Worker;

/// <summary>Marks a method as a function and gives its name, which is unique in the app whatever its case.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class FunctionAttribute : Attribute
{
    /// <summary>Names the function.</summary>
    public FunctionAttribute(string name) => Name = name;

    /// <summary>The name of the function.</summary>
    public string Name { get; }
}
