using System.Globalization;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>Results as they were read, before a ground truth says which images and categories there are.</summary>
/// <param name="options">What they were read for.</param>
internal sealed class CocoUncheckedResults(CocoReadOptions options)
{
    private readonly List<CocoDetection> detections = [];

    // Of each detection, among the records.
    private readonly List<int> places = [];
    private readonly FaultLog faults = new();

    // Of each of the first faults.
    private readonly List<int> faultPlaces = [];

    /// <summary>Whether sizes are those of boxes that the file has; null = nothing has said so far.</summary>
    public bool? HasBoxes { get; set; }

    /// <summary>Records of the file.</summary>
    public int Records { get; private set; }

    /// <summary>Detections so far.</summary>
    public int Count => detections.Count;

    /// <summary>Takes a detection that is as it should be.</summary>
    public void Add(CocoDetection detection)
    {
        detections.Add(detection);
        places.Add(Records);
    }

    /// <summary>Ends a record.</summary>
    /// <param name="fault">What is wrong with it; null = nothing.</param>
    /// <exception cref="CocoFormatException">There are too many.</exception>
    public void End((string Field, string Message)? fault)
    {
        if (fault is { } wrong)
        {
            faults.Add(CocoJson.FaultOf("", Records, wrong));
            if (faultPlaces.Count < faults.First.Count)
                faultPlaces.Add(Records);
        }

        if (++Records == int.MaxValue)
            throw new CocoFormatException(string.Create(CultureInfo.InvariantCulture, $"There are {Records} records or more."));
    }

    /// <summary>Checks the results.</summary>
    /// <param name="truth">The ground truth that they are about.</param>
    /// <exception cref="CocoFormatException">Records are wrong and not to be left out.</exception>
    public CocoResults Against(CocoDataset truth)
    {
        var all = new FaultLog();
        var known = 0;
        var next = 0;
        for (var i = 0; i < detections.Count; i++)
        {
            var detection = detections[i];
            if (FaultOf(detection, truth) is not { } wrong)
            {
                detections[known++] = detection;
                continue;
            }

            for (; next < faultPlaces.Count && faultPlaces[next] < places[i]; next++)
                all.Add(faults.First[next]);
            all.Add(CocoJson.FaultOf("", places[i], wrong));
        }

        detections.RemoveRange(known, detections.Count - known);
        for (; next < faultPlaces.Count; next++)
            all.Add(faults.First[next]);
        // Those that were not kept lie behind those that were.
        all.Add(faults.Count - faultPlaces.Count);
        all.Settle(options.SkipInvalid, Records);
        return new CocoResults(detections, HasBoxes ?? options.Kind == CocoEvaluationKind.Boxes, all.First, all.Count);
    }

    private (string Field, string Message)? FaultOf(CocoDetection detection, CocoDataset truth)
    {
        if (!truth.ImagePlaces.ContainsKey(detection.ImageId))
            return ("image_id", $"the ground truth has no image {detection.ImageId}");
        return options.Kind == CocoEvaluationKind.Keypoints && !truth.CategoryPlaces.ContainsKey(detection.CategoryId)
            ? ("category_id", $"the ground truth has no category {detection.CategoryId}")
            : null;
    }
}
