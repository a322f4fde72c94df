namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>One group of a detector's candidates.</summary>
public sealed record DetectorHead
{
    /// <summary>How they lie in memory.</summary>
    public HeadLayout Layout { get; init; } = HeadLayout.Points;

    /// <summary>The four values of the box.</summary>
    public required FieldSource Boxes { get; init; }

    /// <summary>How sure it is that anything is there; null where classes alone tell.</summary>
    public FieldSource? Objectness { get; init; }

    /// <summary>How sure it is of each class; one value, the class's number, where <see cref="DetectorDecoder.ClassNumbers"/> says so.</summary>
    public required FieldSource Classes { get; init; }

    /// <summary>Pixels from cell to cell; several where grids follow each other in one output.</summary>
    public IReadOnlyList<int> Strides { get; init; } = [];

    /// <summary>Width and height of each anchor, in pixels.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Anchors { get; init; } = [];

    /// <summary>Centre x, centre y, width and height of each candidate's prior box, as parts of the image.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Priors { get; init; } = [];
}
