namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>What the four values of a box are.</summary>
public enum BoxForm
{
    /// <summary>Left, top, right, bottom.</summary>
    Corners,

    /// <summary>Centre x, centre y, width, height.</summary>
    Center,

    /// <summary>Distances from the base to the left, top, right and bottom edge.</summary>
    Distances,
}
