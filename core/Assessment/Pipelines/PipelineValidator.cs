using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Metrics;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;
using Iml4e.Learning;
using NCrontab;

namespace Iml4e.Assessment.Pipelines;

/// <summary>Checks a pipeline document as a whole and fills in what follows from the task.</summary>
public static class PipelineValidator
{
    /// <summary>Everything that is wrong with the document, with field paths; empty when it can be used.</summary>
    /// <param name="pipeline">The document.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="kinds">The kinds of job that gates may be; none are known when absent.</param>
    public static void Check(PipelineDefinition pipeline, ValidationErrors errors, IEnumerable<JobKind>? kinds = null)
    {
        errors.Require(pipeline.Tags.Count <= 32, "tags", "at most 32 tags");
        foreach (var (key, value) in pipeline.Tags)
            errors.Require(key.Length is > 0 and <= 64 && value is { Length: <= 256 }, $"tags.{key}", "keys have 1 to 64 characters, values at most 256");
        errors.Require(pipeline.Project is null or { Length: > 0 and <= 128 }, "project", "1 to 128 characters");
        CheckData(pipeline.Data, errors);
        CheckTrain(pipeline, errors);
        CheckEvaluate(pipeline, errors);
        GateValidator.Check(pipeline.Gates, errors, kinds ?? []);
        foreach (var error in pipeline.Experiment.Validate("experiment"))
            errors.Add(error.Path, error.Message);
        CheckMonitor(pipeline.Monitor, errors);
        TriggersValidator.Check(pipeline, errors);
    }

    /// <summary>The metric that is shown first.</summary>
    public static string MetricOf(PipelineDefinition pipeline) =>
        pipeline.Evaluate.Metric ?? (pipeline.Task == LearningTask.Classification ? "accuracy" : "mae");

    /// <summary>The offline gate's expression; without one the metric must not be worse than the champion's on the same rows.</summary>
    public static string AcceptOf(PipelineDefinition pipeline)
    {
        var metric = MetricOf(pipeline);
        return pipeline.Evaluate.Accept ?? $"{metric} {(MetricNames.Directions[metric] == MetricDirection.Higher ? ">=" : "<=")} champion.{metric}";
    }

    private static void CheckData(DataDefinition data, ValidationErrors errors)
    {
        errors.Require(data.Dataset.Length > 0, "data.dataset", "the name of a data set is needed");
        errors.Require(data.Label.Length > 0, "data.label", "the name of the label column is needed");
        errors.Require(data.Features is null or { Count: > 0 and <= 2000 }, "data.features", "1 to 2000 columns, or leave it out for all");
        errors.Require(data.Features?.Contains(data.Label) != true, "data.features", "the label cannot be a feature; declare its past values as lags");
        for (var i = 0; i < (data.Lags?.Count ?? 0); i++)
        {
            var lag = data.Lags![i];
            errors.Require(lag.Column.Length > 0, $"data.lags[{i}].column", "the name of a column is needed");
            errors.Require(
                lag.Lags.Count is > 0 and <= 100 && lag.Lags.All(l => l is >= 1 and <= 8784), $"data.lags[{i}].lags", "1 to 100 whole numbers from 1 to 8784");
        }
    }

    private static void CheckTrain(PipelineDefinition pipeline, ValidationErrors errors)
    {
        var train = pipeline.Train;
        errors.Require(
            TrainRequest.Trainers.Contains(train.Trainer) || train.IsExternal, "train.trainer",
            $"must be one of {string.Join(", ", TrainRequest.Trainers)}, {TrainDefinition.External}");
        CheckExternal(train, errors);
        train.FineTune?.Check("train.fineTune", errors);
        errors.Require(train.FineTune is null || !train.IsExternal, "train.fineTune", "belongs to the trainer network");
        if (Trainer.CheckParameters(train.Trainer, pipeline.Task, train.Parameters, train.FineTune is not null) is { } error && error.Path != "train.trainer")
            errors.Add(error.Path, error.Detail);
        errors.Require(train.Window is null or >= Trainer.LeastRows, "train.window", $"{Trainer.LeastRows} rows or more");
        errors.Require(train.MinRows >= 50, "train.minRows", "50 rows or more");
        errors.Require(train.MinNewRows >= 1, "train.minNewRows", "1 row or more");
        errors.Require(train.Cooldown >= TimeSpan.Zero, "train.cooldown", "must not be negative");
        errors.Require(train.Debounce >= TimeSpan.Zero, "train.debounce", "must not be negative");
        errors.Require(!train.Triggers.Contains(RetrainTrigger.Manual), "train.triggers", "manual is always possible and not listed; known are schedule, data, performance, drift, repository");
        errors.Require(
            !train.Triggers.Contains(RetrainTrigger.Schedule) || train.Schedule is not null, "train.schedule", "the trigger schedule needs an NCRONTAB expression");
        if (train.Schedule is not null && Schedule.TryParse(train.Schedule) is null)
            errors.Add("train.schedule", Schedule.Expected);
    }

    private static void CheckExternal(TrainDefinition train, ValidationErrors errors)
    {
        if (!train.IsExternal)
        {
            errors.Require(train.Url is null, "train.url", "belongs to trainer: external");
            return;
        }

        errors.Require(
            Uri.TryCreate(train.Url, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" && url.UserInfo.Length == 0 && url.Fragment.Length == 0
                && train.Url!.Length <= 2000,
            "train.url", "an external trainer needs the address at which it is called: https://…, without user or fragment");
        errors.Require(train.Timeout >= TimeSpan.FromSeconds(1) && train.Timeout <= TimeSpan.FromDays(30), "train.timeout", "from 1s to 30d");
        errors.Require(train.Heartbeat >= TimeSpan.FromSeconds(1) && train.Heartbeat <= TimeSpan.FromMinutes(5), "train.heartbeat", "from 1s to 5m");
        errors.Require(!train.WindowSearch, "train.windowSearch", "an external trainer chooses its rows itself");
    }

    private static void CheckEvaluate(PipelineDefinition pipeline, ValidationErrors errors)
    {
        errors.Require(pipeline.Evaluate.Holdout is >= 0.05 and <= 0.5, "evaluate.holdout", "between 0.05 and 0.5");
        errors.Require(pipeline.Evaluate.Gap is >= 0 and <= 1_000_000, "evaluate.gap", "from 0 to 1000000 rows");
        errors.Require(pipeline.Evaluate.Gap == 0 || pipeline.Data.Time is not null, "evaluate.gap", "needs data.time: the gap lies between earlier and later rows");
        var known = ModelEvaluation.MetricsOf(pipeline.Task);
        if (pipeline.Evaluate.Metric is { } metric)
            errors.Require(known.Contains(metric), "evaluate.metric", $"must be one of {string.Join(", ", known)}");
        if (pipeline.Evaluate.Accept is not { } accept)
            return;
        try
        {
            foreach (var name in AcceptExpression.Parse(accept).Names)
            {
                var plain = name.StartsWith("champion.", StringComparison.Ordinal) ? name[9..]
                    : name.StartsWith("challenger.", StringComparison.Ordinal) ? name[11..] : name;
                errors.Require(known.Contains(plain), "evaluate.accept", $"'{name}' is not known; metrics are {string.Join(", ", known)}, also as champion.NAME");
            }
        }
        catch (AcceptExpressionException e)
        {
            errors.Add("evaluate.accept", e.Message);
        }
    }

    private static void CheckMonitor(MonitorDefinition monitor, ValidationErrors errors)
    {
        errors.Require(
            monitor.Signal is MonitoringSignals.ErrorRatio or MonitoringSignals.Error, "monitor.signal", "must be realized_error_ratio or realized_error");
        errors.Require(monitor.DriftShare is > 0 and <= 1, "monitor.driftShare", "above 0, at most 1");
        errors.Require(monitor.Window is >= 10 and <= 1_000_000, "monitor.window", "from 10 to 1000000 outcomes");
        errors.Require(monitor.Low >= 0 && monitor.Low < monitor.High && double.IsFinite(monitor.High), "monitor.high", "must be larger than monitor.low, which is not negative");
        errors.Require(monitor.ConsecutiveHigh >= 1, "monitor.consecutiveHigh", "1 or more");
        errors.Require(monitor.ConsecutiveLow >= 1, "monitor.consecutiveLow", "1 or more");
        errors.Require(monitor.Cooldown is null || monitor.Cooldown >= TimeSpan.Zero, "monitor.cooldown", "must not be negative");
        errors.Require(monitor.MaxPerDay >= 1, "monitor.maxPerDay", "1 or more");
        errors.Require(monitor.FailureBackoffFactor is >= 1 and <= 100, "monitor.failureBackoffFactor", "from 1 to 100");
        errors.Require(monitor.FailureBackoffCap > TimeSpan.Zero, "monitor.failureBackoffCap", "must be positive");
    }

    /// <summary>NCRONTAB schedules in UTC.</summary>
    public static class Schedule
    {
        /// <summary>What an expression must be.</summary>
        public const string Expected = "must be a six-field NCRONTAB expression in UTC, such as \"0 0 2 * * *\", or five fields without seconds";

        /// <summary>Parses five or six fields; null when they are not valid.</summary>
        public static CrontabSchedule? TryParse(string expression)
        {
            if (expression.Length > 200)
                return null;
            var fields = expression.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
            return CrontabSchedule.TryParse(expression, new CrontabSchedule.ParseOptions { IncludingSeconds = fields == 6 });
        }

        /// <summary>The next time strictly after the given one.</summary>
        public static DateTimeOffset Next(CrontabSchedule schedule, DateTimeOffset after) =>
            new(DateTime.SpecifyKind(schedule.GetNextOccurrence(after.UtcDateTime), DateTimeKind.Utc), TimeSpan.Zero);
    }
}
