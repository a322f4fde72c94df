using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Audit;

/// <summary>The audit log of a model, its verification, and the looks of an experiment as its log has them.</summary>
internal sealed class AuditFunctions(CatalogStore catalog, AuditReadings readings, ExperimentService experiments)
{
    private const int MaxEntries = 5000;
    private const int MaxLooks = 1000;
    private const int UsualLooks = 300;

    [Function("GetAudit")]
    [Operation(
        "The audit log of a model: oldest first from a number on, or newest first before one.",
        Query =
        [
            "from: first sequence number, oldest first; 1 when neither is given",
            "before: sequence number before which to begin, newest first; 'end' for the newest",
            "limit: how many entries, 1 to 5000",
            "event: only these events, with commas between, such as OfflineGate,Promoted",
            "without: all but these events, with commas between, such as Look",
        ])]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models/{name}/audit")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        ResourceName.Check(name);
        var limit = (int)QueryNumber.Read(request, "limit", MaxEntries, 1, MaxEntries);
        var (only, without) = (Names(request, "event"), Names(request, "without"));
        bool Wanted(AuditEntry e) => (only is null || only.Contains(e.Event)) && without?.Contains(e.Event) != true;
        if (request.Query["before"].ToString() is { Length: > 0 } before)
        {
            if (request.Query["from"].Count > 0)
                throw ApiException.Invalid("from", "goes oldest first and before goes newest first; give one of them");
            var end = before == "end" ? long.MaxValue : QueryNumber.Read(request, "before", 0, 1, long.MaxValue);
            var looks = (only is null || only.Contains("Look")) && without?.Contains("Look") != true;
            return new TaggedJson(await readings.BeforeAsync(name, end, limit, Wanted, looks, cancellationToken));
        }

        var from = QueryNumber.Read(request, "from", 1, 1, long.MaxValue);
        var entries = new List<AuditEntry>();
        await foreach (var entry in catalog.Audit.ReadAsync(name, from, cancellationToken))
        {
            if (Wanted(entry))
                entries.Add(entry);
            if (entries.Count == limit)
                break;
        }

        return ApiJson.Ok(new { entries });
    }

    [Function("VerifyAudit")]
    [Operation("Checks the hash chain of the audit log.")]
    public async Task<IResult> Verify(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models/{name}/audit/verify")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        ResourceName.Check(name);
        return ApiJson.Ok(await catalog.Audit.VerifyAsync(name, cancellationToken));
    }

    [Function("GetExperimentLooks")]
    [Operation(
        "The looks of an experiment over time: confidence sequence, arms, guardrails, sample ratio; evenly thinned when there are more than asked for.",
        Query = ["from: audit sequence number of the first look", "limit: how many looks, 1 to 1000; 300 when not given"], Headers = ["If-None-Match: 304 when nothing is new"])]
    public async Task<IResult> Looks(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/experiments/{id}/looks")] HttpRequest request, string id,
        CancellationToken cancellationToken)
    {
        var from = QueryNumber.Read(request, "from", 1, 1, long.MaxValue);
        var limit = (int)QueryNumber.Read(request, "limit", UsualLooks, 1, MaxLooks);
        var experiment = await experiments.FindAsync(id, cancellationToken) ?? throw ApiException.NotFound("experiment", id);
        var (looks, total) = await readings.LooksAsync(experiment.Start.Model, id, from, limit, cancellationToken);
        var config = experiment.Start.Configuration;
        return new TaggedJson(new
        {
            experiment = id,
            total,
            margin = config.Decision == DecisionRule.NonInferior || config.OnTimeout == TimeoutRule.PromoteIfNonInferior ? config.NonInferiorityMargin : null,
            looks,
        });
    }

    private static HashSet<string>? Names(HttpRequest request, string parameter)
    {
        if (request.Query[parameter].ToString() is not { Length: > 0 } text)
            return null;
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length is > 0 and <= 50 && names.All(n => n.Length <= 60 && n.All(char.IsAsciiLetterOrDigit))
            ? names.ToHashSet(StringComparer.Ordinal)
            : throw ApiException.Invalid(parameter, "must be names of events with commas between, such as Look,Promoted");
    }
}
