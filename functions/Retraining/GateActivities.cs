using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Jobs;

namespace Iml4e.Functions.Retraining;

/// <summary>The activities of a retraining's quality gates: which jobs to run, and what their figures mean. Each may run twice.</summary>
internal sealed class GateActivities(CatalogStore catalog, JobKinds kinds)
{
    /// <summary>Makes the jobs of all gates of the run, from the document that was frozen at its start.</summary>
    [Function(nameof(PlanGates))]
    public async Task<IReadOnlyList<PlannedGate>> PlanGates([ActivityTrigger] GateRequest request, CancellationToken cancellationToken)
    {
        var (run, plan) = (request.Request, request.Plan);
        var pipeline = await FrozenPipeline.ReadAsync(catalog, run.RunId, cancellationToken);
        var output = request.Training.Output!.Value.Deserialize<TrainOutput>(DocumentJson.Options)!;
        var candidate = new JobCandidate(pipeline.Name, output.ModelDigest, run.RunId);
        var planned = new List<PlannedGate>(pipeline.Gates.Count);
        for (var i = 0; i < pipeline.Gates.Count; i++)
        {
            var gate = pipeline.Gates[i];
            var id = $"{run.RunId}.gate{i + 1}";
            var both = GateJobRequest.NamesChampion(gate);
            var entry = new PlannedGate { Index = i, Name = gate.Name ?? gate.Job, Accept = gate.Accept };
            if (!both || plan.Champion is not null)
            {
                entry = entry with
                {
                    Challenger = await StartAsync(
                        pipeline, gate, id, new GateSubject(GateSubject.Challenger, plan.DatasetVersion, output.HoldoutDigest), candidate, i,
                        cancellationToken),
                    Champion = both
                        ? await StartAsync(
                            pipeline, gate, id + "-champion", new GateSubject(plan.Champion!, plan.DatasetVersion, output.HoldoutDigest), null, i,
                            cancellationToken)
                        : null,
                };
            }

            planned.Add(entry);
        }

        return planned;
    }

    /// <summary>Judges a gate and writes the verdict into the run's record and the audit log.</summary>
    [Function(nameof(PassGate))]
    public async Task<GateVerdict> PassGate([ActivityTrigger] GateJobs jobs, CancellationToken cancellationToken)
    {
        var (request, gate) = (jobs.Request, jobs.Gate);
        var verdict = Judge(jobs);
        if (jobs.Challenger is { } challenger)
        {
            var entry = new RunGate(
                gate.Name, challenger.Kind, gate.Accept, verdict.Accepted, verdict.Explanation, ReportOf(challenger),
                jobs.Champion is { } other ? ReportOf(other) : null);
            // The gates come one after the other: a second run of this step replaces what the first one wrote.
            await catalog.Runs.UpdateAsync(
                request.RunId,
                run => run with
                {
                    Gates = [.. run.Gates.Where(g => g.Report != entry.Report), entry],
                    Outputs = [.. run.Outputs.Union([new RunArtefact("gateReport", challenger.ReportDigest, gate.Name)])],
                },
                cancellationToken);
        }

        await catalog.Audit.AppendAsync(
            request.Pipeline, "pipeline", "QualityGate",
            new JsonObject
            {
                ["runId"] = request.RunId,
                ["gate"] = gate.Name,
                ["place"] = gate.Index + 1,
                ["accept"] = gate.Accept,
                ["accepted"] = verdict.Accepted,
                ["explanation"] = verdict.Explanation,
                ["challenger"] = JsonSerializer.SerializeToNode(jobs.Challenger?.Metrics),
                ["champion"] = JsonSerializer.SerializeToNode(jobs.Champion?.Metrics),
                ["report"] = jobs.Challenger is { } one ? ReportOf(one) : null,
                ["championReport"] = jobs.Champion is { } two ? ReportOf(two) : null,
            },
            $"{request.RunId}:QualityGate:{gate.Index}", cancellationToken);
        return verdict;
    }

    private static GateVerdict Judge(GateJobs jobs)
    {
        if (jobs.Challenger is not { } challenger)
            return new GateVerdict(true, "there is no champion to compare with");
        try
        {
            var result = GateJobRequest.Judge(jobs.Gate.Accept, challenger.Metrics, jobs.Champion?.Metrics);
            return new GateVerdict(result.Accepted, result.Explanation);
        }
        catch (AcceptExpressionException e)
        {
            // The kinds do not tell their figures beforehand; what cannot be judged does not pass.
            return new GateVerdict(false, e.Message);
        }
    }

    private static string ReportOf(JobSummary job) => $"/api/jobs/{job.JobId}/report";

    private async Task<JobStart> StartAsync(
        PipelineDefinition pipeline, GateDefinition gate, string jobId, GateSubject subject, JobCandidate? candidate, int index,
        CancellationToken cancellationToken)
    {
        JsonElement request;
        try
        {
            request = GateJobRequest.Make(gate, kinds.Get(gate.Job), pipeline, subject);
        }
        catch (DocumentException e)
        {
            throw new JobInputException($"gates[{index}].with", e.Message);
        }

        var artefact = await catalog.Artefacts.PutAsync(
            JsonSerializer.SerializeToUtf8Bytes(request, DocumentJson.Options), "application/json", cancellationToken);
        return new JobStart(jobId, gate.Job, artefact.Digest, pipeline.Name, candidate);
    }
}
