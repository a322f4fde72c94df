using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Jobs;

namespace Iml4e.Assessment.Pipelines;

/// <summary>The request of a gate's job: what the document says, and where it says nothing, the pipeline's model and data, as far as the kind has a field for them.</summary>
public static class GateJobRequest
{
    /// <summary>Fields that the pipeline can fill in.</summary>
    public static IReadOnlyList<string> Filled { get; } = ["model", "version", "dataset", "datasetVersion", "rows", "label", "time", "task"];

    private const string ChampionPrefix = "champion.";

    /// <summary>Whether the expression of the gate names figures of the champion, so that its job has to run on both.</summary>
    public static bool NamesChampion(GateDefinition gate)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return AcceptExpression.Parse(gate.Accept).Names.Any(n => n.StartsWith(ChampionPrefix, StringComparison.Ordinal));
    }

    /// <summary>The request in its normal form.</summary>
    /// <exception cref="Validation.DocumentException">What is given and filled in makes no valid request; says where.</exception>
    public static JsonElement Make(GateDefinition gate, JobKind kind, PipelineDefinition pipeline, GateSubject subject)
    {
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(subject);
        var request = gate.With is null ? [] : JsonSerializer.SerializeToNode(gate.With)!.AsObject();
        var fields = JobFields.Of(kind);
        var own = !request.ContainsKey("dataset");
        Fill("model", pipeline.Name);
        Fill("version", subject.Version);
        Fill("label", pipeline.Data.Label);
        Fill("time", pipeline.Data.Time);
        Fill("task", pipeline.Task.ToString().ToLowerInvariant());
        Fill("dataset", pipeline.Data.Dataset);
        // Version and hold-out rows are those of the pipeline's own data; of another set the newest version counts, whole.
        if (own && !request.ContainsKey("datasetVersion"))
        {
            Fill("datasetVersion", subject.DatasetVersion);
            Fill("rows", subject.Rows);
        }

        return kind.Normalise(request);

        void Fill(string field, string? value)
        {
            if (value is not null && fields.Contains(field) && !request.ContainsKey(field))
                request[field] = value;
        }
    }

    /// <summary>Judges a gate by the figures of the challenger and, where they are named, of the champion.</summary>
    /// <exception cref="AcceptExpressionException">The expression names a figure that the job does not give.</exception>
    public static AcceptResult Judge(string accept, IReadOnlyDictionary<string, double?> challenger, IReadOnlyDictionary<string, double?>? champion)
    {
        ArgumentNullException.ThrowIfNull(challenger);
        var names = new Dictionary<string, double?>(StringComparer.Ordinal);
        foreach (var (name, value) in challenger)
            names[name] = names["challenger." + name] = value;
        foreach (var (name, value) in champion ?? new Dictionary<string, double?>())
            names[ChampionPrefix + name] = value;
        return AcceptExpression.Parse(accept).Evaluate(names);
    }
}
