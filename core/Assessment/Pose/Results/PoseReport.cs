using System.Globalization;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Keypoints;
using Iml4e.Reporting;
using Iml4e.Reporting.Charts;

namespace Iml4e.Assessment.Pose.Results;

/// <summary>What people read of an evaluation: figures, curves, errors, sensitivities; what was not wanted or cannot be had is told with the reason.</summary>
public static class PoseReport
{
    private const string Share = "0.0000";
    private const int MostCategories = 200;

    private const int MostDrawn = 40;

    private static readonly string Version = typeof(PoseReport).Assembly.GetName().Version!.ToString(3);

    // Of lines; from then on they are dashed, so that no two look alike.
    private const int Colours = 8;

    /// <summary>Makes the sections.</summary>
    /// <param name="evaluation">The evaluation.</param>
    public static IReadOnlyList<ReportSection> Sections(PoseEvaluation evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        List<ReportSection> sections = [Summary(evaluation), Curves(evaluation)];
        if (evaluation.Request.Kind == CocoEvaluationKind.Keypoints)
        {
            sections.AddRange(evaluation.Diagnosis is { } diagnosis ? Errors(diagnosis) : [Without("Errors", "No diagnosis of errors was asked for.")]);
            sections.Add(
                evaluation.Accuracy is { } accuracy ? Accuracy(accuracy) : Without("Distances and angles", "No figures of single keypoints were asked for."));
        }
        else
        {
            sections.Add(Without("Errors", "Errors of keypoints, distances and angles are told of poses alone."));
        }

        sections.Add(Appendix(evaluation));
        return sections;
    }

    /// <summary>Makes a report.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="identity">What was judged, with digests.</param>
    /// <param name="created">When.</param>
    public static Report Of(PoseEvaluation evaluation, IReadOnlyList<Fact> identity, DateTimeOffset created)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        var keypoints = evaluation.Request.Kind == CocoEvaluationKind.Keypoints;
        var counts = evaluation.Figures.Counts;
        return new Report
        {
            Title = keypoints ? "Validation of a pose estimation model" : "Validation of a detection model",
            Subtitle = string.Create(
                CultureInfo.InvariantCulture, $"{counts.Images} images, {counts.Annotations} annotations, {counts.Detections} detections"),
            Created = created,
            Identity = [.. identity, .. Parameters(evaluation.Request), new Fact("tool", $"Iml4e.Serverless {Version}")],
            KeyFigures = [.. evaluation.Figures.Summary.Take(3).Select(s => new KeyFigure(s.Key, Defined(s.Value), Share))],
            Sections = Sections(evaluation),
        };
    }

    private static IEnumerable<Fact> Parameters(PoseEvaluationRequest request)
    {
        if (request.Kind == CocoEvaluationKind.Keypoints)
        {
            yield return new Fact("skeleton", request.Skeleton.Name);
            yield return new Fact("skeleton digest", request.Skeleton.Digest);
            yield return new Fact("diagnosis", request.Analysis is { } distance ? $"{Name(distance)} distances" : "none");
            yield return new Fact("distances relative to", Name(request.Norm));
        }

        yield return new Fact("categories", request.ClassAgnostic ? "all as one" : "each by itself");
        yield return new Fact("wrong records", request.SkipInvalid ? "left out and listed" : "refuse the file");
    }

    private static IEnumerable<ReportSection> Errors(PoseDiagnosis diagnosis) =>
    [
        Impact(diagnosis), Keypoints(diagnosis.Taxonomy), Scoring(diagnosis.Scoring), .. Background(diagnosis.Background), .. Sensitivity(diagnosis),
    ];

    private static ReportSection Summary(PoseEvaluation evaluation) => new()
    {
        Title = "Summary",
        Paragraphs = evaluation.Warnings,
        Tables = [Table(["figure", "value"], evaluation.Figures.Summary.Select(s => new[] { Text(s.Key), Defined(s.Value) }))],
    };

    private static ReportSection Curves(PoseEvaluation evaluation)
    {
        var figures = evaluation.Figures;
        // Of many categories the mean says more than any one of them.
        var areas = figures.Options.Areas.Where(a => figures.AveragePrecision(area: a.Name) > CocoEvaluation.Undefined).ToArray();
        return new ReportSection
        {
            Title = "Precision over recall",
            Paragraphs = areas.Length == 0 ? ["The ground truth has nothing that counts, so that there is no curve."] : [],
            Charts = [.. areas.Select(area => new LineChart
            {
                Title = $"Precision over recall, {area.Name} sizes", XTitle = "recall", YTitle = "precision", FromZero = true,
                Series = [.. figures.Options.Thresholds.Select((threshold, place) => new LineSeries
                {
                    Name = threshold.ToString("0.00", CultureInfo.InvariantCulture), X = figures.Options.RecallPoints, Dashed = place >= Colours,
                    Y = Mean([.. figures.Categories.Select(c => figures.PrecisionCurve(threshold, c.Id, area.Name))]),
                })],
            })],
        };

        static double?[] Mean(IReadOnlyList<double>[] curves)
        {
            var defined = curves.Where(c => c.Count > 0 && c[0] > CocoEvaluation.Undefined).ToArray();
            return [.. Enumerable.Range(0, curves[0].Count).Select(i => (double?)defined.Average(c => c[i]))];
        }
    }

    private static ReportSection Impact(PoseDiagnosis diagnosis) => new()
    {
        Title = "What errors cost",
        Paragraphs =
        [
            string.Create(
                CultureInfo.InvariantCulture,
                $"Average precision of the diagnosis is {diagnosis.BaselineAp:F4}: unlike the benchmark it leaves out objects below 32 x 32 pixels."),
            "Alone: one kind of error is made good. In turn: it is made good after those above it; the order changes the shares.",
        ],
        Charts =
        [
            new BarChart
            {
                Title = "Gain in average precision, each error alone", YTitle = "gain", Categories = [.. diagnosis.Independent.Select(t => t.Area)],
                Series =
                [
                    .. diagnosis.Independent[0].Steps.Select(
                        s => new BarSeries(Name(s.Error), [.. diagnosis.Independent.Select(t => t[s.Error].Gain)]) { Rgb = ErrorColors.Of(s.Error) }),
                ],
            },
            new LineChart
            {
                Title = "Gain over thresholds, all sizes", XTitle = "similarity", YTitle = "gain",
                Series =
                [
                    .. diagnosis.Independent[0].Steps.Where(s => s.Error != PoseError.FalseNegative).Select((s, place) => new LineSeries
                    {
                        Name = Name(s.Error), X = PoseDiagnosisOptions.Thresholds, Markers = true, Rgb = ErrorColors.Of(s.Error), Dashed = place % 2 == 1,
                        Y = [.. s.Figure.PerThreshold.Zip(diagnosis.Independent[0].Baseline.PerThreshold, Gain)],
                    }),
                ],
            },
        ],
        Tables =
        [
            .. diagnosis.Independent.Zip(diagnosis.Progressive, (alone, turn) => Table(
                ["without", "AP alone", "gain", "AP in turn", "gain in turn"],
                alone.Steps.Select(s => new Cell[] { Name(s.Error), Defined(s.Figure.Ap), s.Gain, Defined(turn[s.Error].Figure.Ap), turn[s.Error].Gain })
                    .Prepend(["(as it is)", Defined(alone.Baseline.Ap), default, Defined(turn.Baseline.Ap), default]),
                $"Sizes: {alone.Area}")),
        ],
    };

    private static ReportSection Keypoints(KeypointTaxonomy taxonomy) => new()
    {
        Title = "Errors of keypoints",
        Paragraphs = taxonomy.LabelledKeypoints == 0 ? ["No object with labelled keypoints was found."] : [],
        Charts = taxonomy.LabelledKeypoints == 0 ? [] :
        [
            new BarChart
            {
                Title = "What became of the keypoints", XTitle = "share", Horizontal = true, Stacked = true,
                Categories = ["all", .. taxonomy.Skeleton.Groups.Select(g => g.Name)],
                Series =
                [
                    .. KeypointTaxonomy.Labels.Select(label => new BarSeries(
                        Name(label), [taxonomy.Share(label), .. taxonomy.Skeleton.Groups.Select(g => ShareOf(taxonomy, label, g.Points))])
                    {
                        Rgb = ErrorColors.Of(label),
                    }),
                ],
            },
            .. Figure(taxonomy),
            new HeatMap
            {
                Title = "Shares of labels by keypoint", XTitle = "label", YTitle = "keypoint", Format = "0.00", Rows = taxonomy.Skeleton.Keypoints,
                Columns = [.. KeypointTaxonomy.Labels.Select(Name)],
                Values = [.. taxonomy.Skeleton.Keypoints.Select((_, i) => Shares(taxonomy, i))],
            },
        ],
        Tables =
        [
            Table(
                ["label", "keypoints", "share", .. taxonomy.Skeleton.Groups.Select(g => g.Name)],
                KeypointTaxonomy.Labels.Select(label => (Cell[])
                [
                    Name(label), Count(taxonomy.Total(label)), taxonomy.Share(label),
                    .. taxonomy.Skeleton.Groups.Select(g => (Cell)taxonomy.GroupShare(g, label)),
                ])),
            .. taxonomy.Worst.Where(w => w.Value.Count > 0).Select(w => Table(
                ["image", "annotation", "score", "errors"],
                w.Value.Select(p => new Cell[] { Count(p.ImageId), Count(p.AnnotationId), p.Score, Count(p.Errors) }), $"Most errors: {Name(w.Key)}")),
        ],
    };

    // Of very many keypoints the matrix alone.
    private static IEnumerable<SkeletonChart> Figure(KeypointTaxonomy taxonomy)
    {
        var skeleton = taxonomy.Skeleton;
        if (skeleton.Keypoints.Count > MostDrawn || skeleton.Keypoints.Count < 2)
            yield break;
        double?[][] shares = [.. skeleton.Keypoints.Select((_, i) => Shares(taxonomy, i))];
        yield return new SkeletonChart
        {
            Title = "What became of each keypoint, at the typical pose of the ground truth",
            Points = [.. skeleton.Keypoints.Zip(taxonomy.Figure, (name, at) => new SkeletonPoint(name, at?.X, at?.Y))],
            Links = [.. skeleton.Links.Select(l => new SkeletonLink(l.From, l.To))],
            Series =
            [
                .. KeypointTaxonomy.Labels.Select(
                    (label, place) => new BarSeries(Name(label), [.. shares.Select(s => s[place])]) { Rgb = ErrorColors.Of(label) }),
            ],
        };
    }

    private static double? ShareOf(KeypointTaxonomy taxonomy, KeypointLabel label, IReadOnlyList<int> points)
    {
        var all = KeypointTaxonomy.Labels.Sum(l => points.Sum(p => (double)taxonomy.PerKeypoint(l)[p]));
        return all == 0 ? null : points.Sum(p => (double)taxonomy.PerKeypoint(label)[p]) / all;
    }

    private static double?[] Shares(KeypointTaxonomy taxonomy, int point)
    {
        var all = KeypointTaxonomy.Labels.Sum(label => taxonomy.PerKeypoint(label)[point]);
        return [.. KeypointTaxonomy.Labels.Select(label => all == 0 ? (double?)null : (double)taxonomy.PerKeypoint(label)[point] / all)];
    }

    private static ReportSection Scoring(ScoringDiagnosis scoring) => new()
    {
        Title = "Scores",
        Charts = scoring.Original.Edges.Count == 0 ? [] : [Histogram("Scores as they are", scoring.Original), Histogram("Optimal scores", scoring.Optimal)],
        Tables =
        [
            Table(["figure", "value"],
            [
                ["images with detections", Count(scoring.ImagesWithDetections)], ["of them with a suboptimal order", Count(scoring.ImagesWithSuboptimalOrder)],
                ["scoring errors", Count(scoring.Errors)], ["scoring errors with optimal scores", Count(scoring.ErrorsWithOptimalScores)],
            ]),
            .. scoring.Worst.Count == 0 ? Array.Empty<ReportTable>() :
            [
                Table(
                    ["image", "annotation", "score of the worse", "its similarity", "score of the better", "its similarity", "relevance"],
                    scoring.Worst.Select(e => new Cell[]
                    {
                        Count(e.ImageId), Count(e.AnnotationId), e.HighScore, e.LowSimilarity, e.LowScore, e.HighSimilarity, e.Relevance,
                    }),
                    "Most relevant scoring errors"),
            ],
        ],
    };

    private static BarChart Histogram(string title, ScoreHistogram histogram) => new()
    {
        Title = title, XTitle = "score from", YTitle = "detections", Labels = false,
        Categories = [.. histogram.Edges.SkipLast(1).Select(e => e.ToString("0.00", CultureInfo.InvariantCulture))],
        Series =
        [
            new("best of an object", [.. histogram.Best.Select(n => (double?)n)]) { Rgb = ErrorColors.Good },
            new("others", [.. histogram.Others.Select(n => (double?)n)]) { Rgb = ErrorColors.Of(PoseError.Score) },
        ],
    };

    private static IEnumerable<ReportSection> Background(BackgroundDiagnosis background)
    {
        yield return new ReportSection
        {
            Title = "Found where nothing is",
            Paragraphs =
            [
                string.Create(CultureInfo.InvariantCulture, $"{background.FalsePositives.Count} detections are of nothing at any threshold."),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{background.FalsePositives.Considered} of them have a score among the highest fifth of all; sizes and people are told of these."),
            ],
            Charts = [.. ByScore(background.FalsePositives), .. Classes(background.FalsePositives, PoseError.BackgroundFalsePositive)],
            Tables =
            [
                Table(
                    ["threshold", "false positives", "overlooked", "of them counted"],
                    background.Counts.Select(c => new Cell[]
                    {
                        c.Threshold.ToString("0.00", CultureInfo.InvariantCulture), Count(c.FalsePositives), Count(c.FalseNegatives),
                        Count(c.FalseNegativesCounted),
                    })),
            ],
        };
        yield return new ReportSection
        {
            Title = "Overlooked",
            Paragraphs =
            [
                string.Create(CultureInfo.InvariantCulture, $"{background.FalseNegatives.Count} annotations have no detection at any threshold."),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{background.FalseNegatives.Considered} of them have labelled keypoints; sizes, people and places are told of these."),
            ],
            Charts =
            [
                .. ByKeypoints(background.FalseNegatives), .. Classes(background.FalseNegatives, PoseError.FalseNegative), .. Places(background.FalseNegatives),
            ],
        };
    }

    private static Chart[] Classes(BackgroundBreakdown breakdown, PoseError error) => breakdown.Considered == 0 ? [] :
    [
        new BarChart
        {
            Title = "By size of the person, pixels²", Categories = ["to 32²", "to 64²", "to 96²", "to 128²", "larger"],
            Series = [new("number", [.. breakdown.Sizes.Select(n => (double?)n)]) { Rgb = ErrorColors.Of(error) }],
        },
        new BarChart
        {
            Title = "By people in the image (crowd: over 8, or marked)", Categories = [.. BackgroundBreakdown.PeopleClasses.SkipLast(1), "crowd"],
            Series = [new("number", [.. breakdown.People.Select(n => (double?)n)]) { Rgb = ErrorColors.Of(error) }],
        },
        new HeatMap
        {
            Title = "By size of the box, pixels", XTitle = "width from", YTitle = "height from", Rows = Powers, Columns = Powers,
            Values = [.. breakdown.BoxSizes.Select(row => row.Select(n => n == 0 ? (double?)null : n).ToArray())],
        },
    ];

    private static IEnumerable<BarChart> ByScore(BackgroundBreakdown breakdown)
    {
        if (breakdown is not { Count: > 0, ByScore: { } byScore })
            yield break;
        yield return new BarChart
        {
            Title = "By score, in fifths of all detections", XTitle = "the lowest fifth at the left", YTitle = "detections",
            Categories = [.. byScore.Select((_, i) => $"{i * 100 / byScore.Count} to {(i + 1) * 100 / byScore.Count} %")],
            Series = [new("number", [.. byScore.Select(n => (double?)n)]) { Rgb = ErrorColors.Of(PoseError.BackgroundFalsePositive) }],
        };
    }

    private static IEnumerable<BarChart> ByKeypoints(BackgroundBreakdown breakdown)
    {
        if (breakdown is not { Count: > 0, ByKeypoints: { } byKeypoints })
            yield break;
        yield return new BarChart
        {
            Title = "By labelled keypoints", XTitle = "labelled keypoints", YTitle = "annotations", Categories = [.. byKeypoints.Select((_, i) => Count(i))],
            Series = [new("number", [.. byKeypoints.Select(n => (double?)n)]) { Rgb = ErrorColors.Of(PoseError.FalseNegative) }],
        };
    }

    // Coarser than what is counted, for a page.
    private static IEnumerable<HeatMap> Places(BackgroundBreakdown breakdown)
    {
        const int Cells = 16;
        if (breakdown is not { Considered: > 0, Positions: { } positions })
            yield break;
        var parts = positions.Count / Cells;
        string[] shares = [.. Enumerable.Range(0, Cells).Select(i => (i / (double)Cells).ToString("0.00", CultureInfo.InvariantCulture))];
        yield return new HeatMap
        {
            Title = "By place in the image: boxes that cover it", XTitle = "from the left", YTitle = "from the top", Rows = shares, Columns = shares,
            Numbers = false,
            Values =
            [
                .. positions.Chunk(parts).Select(rows => (IReadOnlyList<double?>)
                    [.. Enumerable.Range(0, Cells).Select(c => (double?)rows.Average(row => row.Skip(c * parts).Take(parts).Average()))]),
            ],
        };
    }

    private static string[] Powers => [.. Enumerable.Range(0, 10).Select(i => Count(1 << i))];

    private static IEnumerable<ReportSection> Sensitivity(PoseDiagnosis diagnosis)
    {
        if (diagnosis is not { Crowding: { } crowding, Size: { } size })
        {
            yield return Without("Sensitivity", "No sensitivities were asked for.");
            yield break;
        }

        var overlaps = crowding.Cells.Select(c => c.Overlaps).Distinct().ToArray();
        var keypoints = crowding.Cells.Select(c => c.Keypoints).Take(4).ToArray();
        yield return new ReportSection
        {
            Title = "Crowding and occlusion",
            Paragraphs = crowding.Beyond == 0 ? [] :
                [string.Create(CultureInfo.InvariantCulture, $"{crowding.Beyond} objects overlap more than 8 others and are in the last class.")],
            Charts =
            [
                new HeatMap
                {
                    Title = "Average precision at 0.75", XTitle = "labelled keypoints", YTitle = "overlapping boxes", Rows = overlaps, Columns = keypoints,
                    Format = "0.000",
                    Values = [.. crowding.Cells.Chunk(4).Select(row => row.Select(c => CocoEvaluation.Defined(c.Impact.Baseline.Ap)).ToArray())],
                },
            ],
            Tables =
            [
                Table(
                    ["overlaps", "keypoints", "instances", "AP", .. KeypointTaxonomy.Labels.Select(Name), ""],
                    crowding.Cells.Select(c => (Cell[])
                    [
                        c.Overlaps, c.Keypoints, Count(c.Instances), Defined(c.Impact.Baseline.Ap),
                        .. KeypointTaxonomy.Labels.Select(l => (Cell)(c.Labels.Values.Sum() == 0 ? null : (double?)c.Labels[l] / c.Labels.Values.Sum())),
                        c.IsFew ? "few" : "",
                    ])),
            ],
        };
        yield return new ReportSection
        {
            Title = "Size",
            Charts =
            [
                new BarChart
                {
                    Title = "Average precision at 0.75 by size", Categories = [.. size.Ranges.Select(r => r.Area)],
                    Series = [new("AP", [.. size.Ranges.Select(r => CocoEvaluation.Defined(r.Baseline.Ap))])],
                },
            ],
            Tables =
            [
                Table(
                    ["error", "sensitivity", "impact"],
                    size.Errors.Select(e => new Cell[] { Name(e.Key), e.Value.Sensitivity, e.Value.Impact })
                        .Prepend(["(average precision)", size.Precision, default])),
            ],
        };
    }

    private static ReportSection Accuracy(KeypointAccuracy accuracy) => new()
    {
        Title = "Distances and angles",
        Paragraphs =
        [
            $"{accuracy.Matched} objects have a detection, {accuracy.Overlooked} have none.",
            $"Distances are relative to the {Name(accuracy.Options.Norm)}; {accuracy.WithoutNorm} objects have none to be relative to.",
        ],
        Tables =
        [
            Table(
                ["figure", "of those found", "of all"],
                [
                    .. accuracy.OfMatched.Pck.Zip(accuracy.OfAll.Pck, (found, all) => new Cell[]
                    {
                        string.Create(CultureInfo.InvariantCulture, $"PCK@{found.Threshold}"), found.Mean, all.Mean,
                    }),
                    ["AUC", accuracy.OfMatched.AreaUnderCurve, accuracy.OfAll.AreaUnderCurve],
                    ["PCKh@0.5", accuracy.OfMatched.Pckh?.Mean, accuracy.OfAll.Pckh?.Mean],
                    ["EPE, pixels", accuracy.EndPointError, default], ["NME", accuracy.NormalisedMeanError, default],
                    ["MPJPE, pixels", accuracy.Mpjpe, default], ["N-MPJPE, pixels", accuracy.MpjpeScaled, default],
                    ["PA-MPJPE, pixels", accuracy.MpjpeAligned, default],
                ]),
            .. accuracy.Angles.Count == 0 ? Array.Empty<ReportTable>() :
            [
                Table(
                    ["angle", "poses", "mean error, degrees", "95 % within, degrees"],
                    accuracy.Angles.Select(a => new Cell[] { a.Name, Count(a.Poses), a.Mean, a.Percentile95 })),
            ],
        ],
    };

    private static ReportSection Appendix(PoseEvaluation evaluation)
    {
        var figures = evaluation.Figures;
        var categories = figures.Categories.Select(c => (c.Name, c.Id, Ap: figures.AveragePrecision(category: c.Id))).ToList();
        var all = categories.Count;
        if (all > MostCategories)
            categories = [.. categories.Where(c => c.Ap > CocoEvaluation.Undefined).OrderBy(c => c.Ap).Take(MostCategories)];
        return new ReportSection
        {
            Title = "Appendix",
            Paragraphs = [.. evaluation.Skipped.Select(s => s.ToString())],
            Tables =
            [
                Table(
                    ["threshold", "AP", "AR"],
                    figures.Options.Thresholds.Select(t => new[]
                    {
                        Text(t.ToString("0.00", CultureInfo.InvariantCulture)), Defined(figures.AveragePrecision(threshold: t)),
                        Defined(figures.AverageRecall(threshold: t)),
                    }),
                    "By threshold"),
                Table(
                    ["category", "AP", "AP50"],
                    categories.Select(c => new[]
                    {
                        Text(c.Name.Length == 0 ? Count(c.Id) : c.Name), Defined(c.Ap), Defined(figures.AveragePrecision(threshold: .5, category: c.Id)),
                    }),
                    all <= MostCategories ? "By category"
                        : string.Create(CultureInfo.InvariantCulture, $"By category: the {categories.Count} least precise of {all}")),
            ],
        };
    }

    private static ReportSection Without(string title, string reason) => new() { Title = title, Paragraphs = [reason] };

    private static ReportTable Table(IReadOnlyList<string> columns, IEnumerable<Cell[]> rows, string? title = null) => new()
    {
        Title = title,
        Columns = [.. columns.Select((c, i) => new ReportColumn(c, i == 0 ? ColumnAlignment.Left : ColumnAlignment.Right, Share))],
        Rows = [.. rows],
    };

    private static double? Gain(double after, double before) =>
        after > CocoEvaluation.Undefined && before > CocoEvaluation.Undefined ? after - before : null;

    private static Cell Defined(double value) => value > CocoEvaluation.Undefined ? Cell.Of(value) : Cell.Of("n/a");

    private static Cell Text(string text) => Cell.Of(text);

    // A count is not a share, and keeps no decimals.
    private static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Name<T>(T value)
        where T : struct, Enum => (Enum)value switch
        {
            PoseError.BackgroundFalsePositive => "background false positives",
            PoseError.FalseNegative => "false negatives",
            PoseError.Score => "scores",
            _ => value.ToString().ToLowerInvariant(),
        };
}
