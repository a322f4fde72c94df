using Iml4e.Assessment.Triggers;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Pipelines;

/// <summary>Checks the triggers of a pipeline in their full form.</summary>
internal static class TriggersValidator
{
    private const int MostPaths = 100;

    /// <summary>Adds what is wrong.</summary>
    public static void Check(PipelineDefinition pipeline, ValidationErrors errors)
    {
        if (pipeline.Triggers is not { } triggers)
            return;
        var listed = pipeline.Train.Triggers;
        errors.Require(triggers.Periodic is null || !listed.Contains(RetrainTrigger.Schedule), "triggers.periodic", Twice("schedule"));
        errors.Require(triggers.DataUpdate is null || !listed.Contains(RetrainTrigger.Data), "triggers.dataUpdate", Twice("data"));
        errors.Require(triggers.Repository is null || !listed.Contains(RetrainTrigger.Repository), "triggers.repository", Twice("repository"));
        if (triggers.Periodic is { } periodic && PipelineValidator.Schedule.TryParse(periodic.Cron) is null)
            errors.Add("triggers.periodic.cron", PipelineValidator.Schedule.Expected);
        if (triggers.Monitoring is { } monitoring)
            CheckMonitoring(pipeline, monitoring, errors);
        if (triggers.DataUpdate is { } data)
        {
            errors.Require(data.MinNewRows >= 1, "triggers.dataUpdate.minNewRows", "1 row or more");
            var prefix = $"datasets/{pipeline.Data.Dataset}/";
            errors.Require(data.BlobPrefix is null || data.BlobPrefix == prefix, "triggers.dataUpdate.blobPrefix", $"must be {prefix}, the pipeline's data set, or be left out");
        }

        if (triggers.Repository is { } repository)
        {
            errors.Require(repository.Branch.Length is > 0 and <= 250, "triggers.repository.branch", "1 to 250 characters");
            errors.Require(repository.Paths.Count <= MostPaths, "triggers.repository.paths", $"at most {MostPaths} globs");
            for (var i = 0; i < Math.Min(repository.Paths.Count, MostPaths); i++)
                errors.Require(PathGlob.IsValid(repository.Paths[i]), $"triggers.repository.paths[{i}]", PathGlob.Expected);
        }
    }

    private static void CheckMonitoring(PipelineDefinition pipeline, MonitoringTrigger monitoring, ValidationErrors errors)
    {
        const string Path = "triggers.monitoring";
        errors.Require(MonitoringSignals.All.Contains(monitoring.Signal), Path + ".signal", $"must be one of {string.Join(", ", MonitoringSignals.All)}");
        var short1 = monitoring.Signal == MonitoringSignals.DriftShare ? RetrainTrigger.Drift : RetrainTrigger.Performance;
        errors.Require(
            !pipeline.Train.Triggers.Contains(short1), Path + ".signal", Twice(short1.ToString().ToLowerInvariant()));
        var least = monitoring.Signal == MonitoringSignals.DriftShare ? Monitoring.CalibratedColumn.LeastValues : 10;
        errors.Require(
            monitoring.Window >= least && monitoring.Window <= (monitoring.Signal == MonitoringSignals.DriftShare ? 50_000 : 1_000_000),
            Path + ".window", $"from {least} to {(monitoring.Signal == MonitoringSignals.DriftShare ? "50000 predictions" : "1000000 outcomes")}");
        errors.Require(monitoring.MaxPerDay >= 1, Path + ".maxPerDay", "1 or more");
        foreach (var error in PipelineTriggers.Limits(monitoring).Validate(Path))
            errors.Add(error.Path, error.Message);
    }

    private static string Twice(string listed) => $"train.triggers lists {listed} already; say it in one place";
}
