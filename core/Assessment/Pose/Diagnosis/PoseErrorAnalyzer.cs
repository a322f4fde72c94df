using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>
/// Error diagnosis of multi-instance pose estimation (Ronchi and Perona, "Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation", ICCV 2017): what
/// is wrong with keypoints, scores and detections, and how much average precision each kind of error costs. Of each image the 20 surest detections count.
/// </summary>
public static class PoseErrorAnalyzer
{
    /// <summary>Diagnoses a model's poses.</summary>
    /// <param name="truth">The ground truth, with the keypoints of the skeleton.</param>
    /// <param name="detections">Of its images and categories.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">The settings mean nothing, or what is to be compared does not fit together.</exception>
    public static PoseDiagnosis Analyze(CocoDataset truth, IReadOnlyList<CocoDetection> detections, PoseDiagnosisOptions options)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(detections);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        var set = new PoseSet(truth, detections, options.Skeleton);
        var corrector = new KeypointCorrector(set, options.Distance);
        var everything = new PoseMatcher(set, PoseDiagnosisOptions.All, options.Threads);
        var (independent, progressive) = (new List<ImpactTable>(), new List<ImpactTable>());
        LabelledPose[]? ofAll = null;
        foreach (var area in PoseDiagnosisOptions.Areas)
        {
            var analysis = new ImpactAnalysis(set, new PoseMatcher(set, area, options.Threads), PoseDiagnosisOptions.Thresholds, corrector);
            var labelled = analysis.Labels();
            ofAll ??= labelled;
            independent.Add(analysis.Independent(area.Name, labelled));
            progressive.Add(analysis.Progressive(area.Name, labelled, options.Order));
        }

        var sensitivity = options.Sensitivity ? new SensitivityAnalysis(set, options) : null;
        return new PoseDiagnosis
        {
            Options = options,
            Taxonomy = new KeypointTaxonomy(set, ofAll!),
            Independent = independent,
            Progressive = progressive,
            Scoring = new ScoringAnalysis(set, everything).Diagnose(),
            Background = new BackgroundAnalysis(set, everything).Diagnose(),
            Crowding = sensitivity?.Crowding(),
            Size = sensitivity?.Size(),
        };
    }
}
