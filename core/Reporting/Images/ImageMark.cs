using System.Text.Json.Serialization;

namespace Iml4e.Reporting.Images;

/// <summary>Something drawn over a picture, places in its pixels.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(BoxMark), "box")]
[JsonDerivedType(typeof(StrokeMark), "stroke")]
[JsonDerivedType(typeof(DotMark), "dot")]
public abstract record ImageMark
{
    /// <summary>The series whose colour it has, from 0.</summary>
    public int Series { get; init; }
}
