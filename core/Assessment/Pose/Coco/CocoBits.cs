namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Room for the bits of a curve's detections, which one curve after the other can use.</summary>
internal sealed class CocoBits
{
    /// <summary>By detection: a bit for each threshold at which it has an annotation.</summary>
    public ulong[] Matched { get; private set; } = [];

    /// <summary>By detection: a bit for each threshold at which it counts neither for nor against the model.</summary>
    public ulong[] Ignored { get; private set; } = [];

    /// <summary>Makes room for so many detections.</summary>
    public void Fit(int detections)
    {
        if (Matched.Length < detections)
            (Matched, Ignored) = (new ulong[detections], new ulong[detections]);
    }
}
