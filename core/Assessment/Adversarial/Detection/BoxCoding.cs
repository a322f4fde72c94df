namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>
/// How raw values become boxes: centre = base + unit·(factor·f(t) + offset), size = unit·(factor·f(inner·t))^power. The defaults are centre and size in pixels.
/// </summary>
public sealed record BoxCoding
{
    /// <summary>What the four values are.</summary>
    public BoxForm Form { get; init; } = BoxForm.Center;

    /// <summary>Where centres are counted from.</summary>
    public BoxBase Base { get; init; } = BoxBase.Origin;

    /// <summary>Where in a cell its base lies: 0 for its corner, 0.5 for its centre.</summary>
    public double CellOffset { get; init; }

    /// <summary>f of the centre.</summary>
    public Activation CenterActivation { get; init; }

    /// <summary>Factor of the centre.</summary>
    public double CenterFactor { get; init; } = 1;

    /// <summary>Offset of the centre.</summary>
    public double CenterOffset { get; init; }

    /// <summary>Unit of the centre, or of corners and distances.</summary>
    public BoxUnit CenterUnit { get; init; } = BoxUnit.Pixel;

    /// <summary>f of the size.</summary>
    public Activation SizeActivation { get; init; }

    /// <summary>Inner factor of the size.</summary>
    public double SizeInner { get; init; } = 1;

    /// <summary>Factor of the size.</summary>
    public double SizeFactor { get; init; } = 1;

    /// <summary>Power of the size, 1 or 2.</summary>
    public int SizePower { get; init; } = 1;

    /// <summary>Unit of the size.</summary>
    public BoxUnit SizeUnit { get; init; } = BoxUnit.Pixel;
}
