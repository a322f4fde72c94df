using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>What is to be matched with one another: the annotations and detections of one image and category.</summary>
/// <param name="Image">Place of the image.</param>
/// <param name="Category">Place of the category.</param>
/// <param name="Annotations">Places of the annotations.</param>
/// <param name="First">Place of the first detection.</param>
/// <param name="Count">Detections.</param>
internal sealed record PoseGroup(int Image, int Category, int[] Annotations, int First, int Count)
{
    /// <summary>The annotations.</summary>
    public required CocoAnnotation[] Truth { get; init; }
}
