namespace Iml4e.LocalRuntime.Worker.Converters;

/// <summary>Names the converter of a parameter.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Class | AttributeTargets.Interface | AttributeTargets.Enum | AttributeTargets.Struct)]
public class InputConverterAttribute : Attribute
{
    /// <summary>Sets the converter.</summary>
    public InputConverterAttribute(Type converterType) => ConverterType = converterType;

    /// <summary>The converter's type.</summary>
    public Type ConverterType { get; }
}
