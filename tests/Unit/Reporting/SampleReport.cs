using Iml4e.Reporting;
using Iml4e.Reporting.Charts;

namespace Iml4e.Tests.Unit.Reporting;

/// <summary>A report with everything in it that a report can hold.</summary>
internal static class SampleReport
{
    public const string Hostile = "<script>alert('x')</script> & \"quotes\" ]]> -->";

    public static Report Create(string title = "Retraining of hq-heating")
    {
        var random = new Random(3);
        const double Start = 1767600000000;
        var hours = Enumerable.Range(0, 96).ToArray();
        var actual = hours.Select(h => (double?)(40 + 18 * Math.Sin(h / 24.0 * 2 * Math.PI) + 4 * random.NextDouble())).ToArray();
        var predicted = hours.Select(h => (double?)(41 + 17 * Math.Sin((h - 0.6) / 24.0 * 2 * Math.PI))).ToArray();
        predicted[40] = null;
        var looks = Enumerable.Range(1, 30).ToArray();
        return new Report
        {
            Title = title,
            Subtitle = "Challenger 7 against champion 6 on the newest 2 160 hours",
            Verdict = new Verdict(Tone.Good, "Accepted", "mae 1.92 <= champion.mae 2.1 * 1.02 = 2.142: true"),
            Created = new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.FromHours(2)),
            Identity =
            [
                new Fact("model", "hq-heating, version 7"),
                new Fact("model digest", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                new Fact("data set", "hq-heating, version 12"),
            ],
            KeyFigures =
            [
                new KeyFigure("MAE", 1.92, "0.00", "kWh", "champion 2.10", Tone.Good),
                new KeyFigure("CV(RMSE)", 0.0712, "P1", null, "limit 30%"),
                new KeyFigure("R²", 0.9481),
                new KeyFigure("Rows", 26280),
                new KeyFigure("Worst hour", 14.2, null, "kWh", "2026-01-03 06:00", Tone.Warning),
                new KeyFigure("ROC-AUC", default(Cell)),
            ],
            Sections =
            [
                new ReportSection
                {
                    Title = "Forecast",
                    Paragraphs = ["The challenger follows the morning peak more closely. One hour has no forecast because the weather feed was silent."],
                    Charts =
                    [
                        new LineChart
                        {
                            Title = "Heating energy, last four days", YTitle = "kWh per hour", Time = true,
                            References = [new ReferenceLine(60, "contract limit", Tone.Bad)],
                            Series =
                            [
                                new LineSeries { Name = "measured", X = [.. hours.Select(h => Start + h * 3600e3)], Y = actual },
                                new LineSeries { Name = "challenger", X = [.. hours.Select(h => Start + h * 3600e3)], Y = predicted, Dashed = true },
                            ],
                        },
                        new ScatterChart
                        {
                            Title = "Prediction against measurement", XTitle = "measured, kWh", YTitle = "predicted, kWh", Diagonal = true,
                            Series = [new ScatterSeries("hours", [.. actual.Select(v => v!.Value)], [.. predicted.Select(v => v ?? double.NaN)])],
                        },
                    ],
                },
                new ReportSection
                {
                    Title = "Experiment",
                    Charts =
                    [
                        new LineChart
                        {
                            Title = "Gain of the challenger, always-valid 95% interval", XTitle = "units", YTitle = "kWh",
                            References = [new ReferenceLine(0)],
                            Series =
                            [
                                new LineSeries
                                {
                                    Name = "gain", X = [.. looks.Select(l => l * 100.0)], Y = [.. looks.Select(l => (double?)(0.18 + 0.2 / l))],
                                    Low = [.. looks.Select(l => (double?)(0.18 + 0.2 / l - 1.1 / Math.Sqrt(l)))],
                                        High = [.. looks.Select(l => (double?)(0.18 + 0.2 / l + 1.1 / Math.Sqrt(l)))],
                                },
                            ],
                        },
                        new LineChart
                        {
                            Title = "Share of the challenger", XTitle = "units", FromZero = true,
                            Series = [new LineSeries { Name = "share", X = [0, 600, 1400, 3000], Y = [0.05, 0.25, 0.5, 1], Step = true, Markers = true }],
                        },
                    ],
                    Tables =
                    [
                        new ReportTable
                        {
                            Title = "Looks",
                            Columns = [new("At"), new("Stage", ColumnAlignment.Center), new("Units", ColumnAlignment.Right),
                                new("Gain, kWh", ColumnAlignment.Right, "0.000"), new("p", ColumnAlignment.Right)],
                            Rows = [["09:00", "5%", 412, 0.21, 0.61], ["10:00", "25%", 1903, 0.195, 0.084], ["11:00", "50%", 5210, -0.187, 0.0000131],
                                ["12:00", "50%", 12345678L, default(Cell), 0.02]],
                        },
                    ],
                },
                new ReportSection
                {
                    Title = "Classes and importances",
                    Charts =
                    [
                        new HeatMap
                        {
                            Title = "Confusion matrix", XTitle = "predicted", YTitle = "truth", Rows = ["heating", "cooling", "idle", "fault"],
                                Columns = ["heating", "cooling", "idle", "fault"],
                            Values = [[812, 3, 20, 1], [5, 402, 11, 0], [30, 9, 1290, 4], [2, 0, 7, 41]],
                        },
                        new BarChart
                        {
                            Title = "Importance of features", Horizontal = true, XTitle = "share of gain",
                            Categories = ["outdoor_temperature", "hour of the day", "kwh, one week before", "wind speed at the roof station, 10-minute mean"],
                            Series = [new BarSeries("gain", [0.52, 0.23, 0.17, 0.08])],
                        },
                        new BarChart
                        {
                            Title = "Error by weekday", YTitle = "MAE, kWh", Categories = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
                            Series = [new BarSeries("champion", [2.3, 2.1, 2.0, 2.1, 2.2, 1.9, 1.8]),
                                new BarSeries("challenger", [1.9, 1.8, 1.8, 1.9, 2.0, 1.7, null])],
                        },
                        new SkeletonChart
                        {
                            Title = "Keypoints",
                            Points = [new("head", 0, 0), new("left_hip", 0.2, 0.5), new("right_hip", -0.2, 0.5), new("left_foot", 0.25, 1),
                                new("right_foot", -0.25, 1)],
                            Links = [new(0, 1), new(0, 2), new(1, 2), new(1, 3), new(2, 4)],
                            Series = [new("good", [0.9, 0.8, 0.7, 0.6, null]) { Rgb = 0x1ED88B }, new("miss", [0.1, 0.2, 0.3, 0.4, null]) { Rgb = 0xF2E394 }],
                        },
                        new HeatMap
                        {
                            Title = "Correlation", Diverging = true, Format = "0.0", Rows = ["temperature", "wind", "kwh"],
                                Columns = ["temperature", "wind", "kwh"],
                            Values = [[1, -0.2, -0.8], [-0.2, 1, 0.3], [-0.8, 0.3, 1]],
                        },
                    ],
                },
            ],
        };
    }
}
