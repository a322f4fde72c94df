namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>Mean average precision on clean and on attacked images, with 95 % bootstrap intervals over images.</summary>
/// <param name="Clean">On the clean images.</param>
/// <param name="Attacked">On the attacked images.</param>
/// <param name="CleanInterval">Its interval; null where nothing is to be found.</param>
/// <param name="AttackedInterval">Its interval.</param>
/// <param name="DropInterval">Interval of the relative drop.</param>
public sealed record MapDrop(MapScore Clean, MapScore Attacked, Interval? CleanInterval, Interval? AttackedInterval, Interval? DropInterval)
{
    /// <summary>Clean minus attacked.</summary>
    public double? Absolute => Clean.Map - Attacked.Map;

    /// <summary>The drop as a part of the clean score; null where that is 0.</summary>
    public double? Relative => Clean.Map is > 0 ? Absolute / Clean.Map : null;
}
