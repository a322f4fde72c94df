namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Parameters of <see cref="PatchAttack"/>.</summary>
public sealed record PatchOptions
{
    /// <summary>Rows and columns of the patch, in pixels.</summary>
    public int Height { get; init; } = 40;

    /// <inheritdoc cref="Height"/>
    public int Width { get; init; } = 40;

    /// <summary>Length of a step, in [0,1].</summary>
    public float Step { get; init; } = 5f / 255;

    /// <summary>Number of steps.</summary>
    public int Iterations { get; init; } = 500;

    /// <summary>Class that the patch is to be taken for; null = that the detector errs, whatever how.</summary>
    public int? Target { get; init; }

    /// <summary>Left upper corner of the patch; null = a random place in each image, the same for the whole run (DPatch).</summary>
    public (int Top, int Left)? Location { get; init; }

    /// <summary>Most pixels cut off each side, top and bottom, left and right.</summary>
    public (int Vertical, int Horizontal) Crop { get; init; }

    /// <summary>Least and largest factor of brightness.</summary>
    public (float Least, float Largest) Brightness { get; init; } = (1, 1);

    /// <summary>Weights of turning by 0, 90, 180 and 270 degrees.</summary>
    public IReadOnlyList<double> Rotations { get; init; } = [1, 0, 0, 0];

    /// <summary>Draws of transforms for one step.</summary>
    public int Draws { get; init; } = 1;
}
