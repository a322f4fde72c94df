using Iml4e.Assessment.Adversarial.Detection;

namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>What an attack did to the detections of one image.</summary>
/// <param name="Before">Detections in the clean image.</param>
/// <param name="Vanished">Those that nothing of the attacked image overlaps by half.</param>
/// <param name="Mislabelled">Those that only other classes overlap by half.</param>
/// <param name="Fabricated">Detections of the attacked image that overlap none of the clean one by half.</param>
public sealed record DetectionChange(int Before, int Vanished, int Mislabelled, int Fabricated)
{
    private const double Same = 0.5;

    /// <summary>Compares.</summary>
    public static DetectionChange Of(IReadOnlyList<DetectedObject> clean, IReadOnlyList<DetectedObject> attacked)
    {
        ArgumentNullException.ThrowIfNull(clean);
        ArgumentNullException.ThrowIfNull(attacked);
        var (vanished, mislabelled) = (0, 0);
        foreach (var each in clean)
        {
            var there = attacked.Where(a => a.Box.Overlap(each.Box) >= Same).ToList();
            if (there.Count == 0)
                vanished++;
            else if (there.All(a => a.Class != each.Class))
                mislabelled++;
        }

        return new DetectionChange(clean.Count, vanished, mislabelled, attacked.Count(a => clean.All(c => c.Box.Overlap(a.Box) < Same)));
    }
}
