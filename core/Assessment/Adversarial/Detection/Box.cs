namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>A box by its corners, in pixels; x runs right, y down.</summary>
public readonly record struct Box(double X1, double Y1, double X2, double Y2)
{
    /// <summary>Width times height; 0 for a box turned inside out.</summary>
    public double Area => Math.Max(0, X2 - X1) * Math.Max(0, Y2 - Y1);

    /// <summary>Area that both cover.</summary>
    public double Common(Box other) =>
        Math.Max(0, Math.Min(X2, other.X2) - Math.Max(X1, other.X1)) * Math.Max(0, Math.Min(Y2, other.Y2) - Math.Max(Y1, other.Y1));

    /// <summary>Common area as a part of what either covers, 0 to 1.</summary>
    public double Overlap(Box other)
    {
        var common = Common(other);
        var all = Area + other.Area - common;
        return all > 0 ? common / all : 0;
    }
}
