using System.Text.Json;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Pipelines;

/// <summary>Checks the gates of a pipeline as far as can be known before there is a challenger.</summary>
internal static class GateValidator
{
    private const int MostGates = 20;
    private static readonly string[] Subject = ["model", "version"];

    /// <summary>Adds what is wrong with the gates.</summary>
    public static void Check(IReadOnlyList<GateDefinition> gates, ValidationErrors errors, IEnumerable<JobKind> kinds)
    {
        errors.Require(gates.Count <= MostGates, "gates", $"at most {MostGates} gates");
        var known = kinds.ToDictionary(k => k.Name, StringComparer.Ordinal);
        for (var i = 0; i < Math.Min(gates.Count, MostGates); i++)
            Check(gates[i], $"gates[{i}]", errors, known);
    }

    private static void Check(GateDefinition gate, string path, ValidationErrors errors, Dictionary<string, JobKind> kinds)
    {
        errors.Require(gate.Name is null or { Length: > 0 and <= 64 }, path + ".name", "1 to 64 characters");
        if (kinds.TryGetValue(gate.Job, out var kind))
            CheckRequest(gate, kind, path + ".with", errors);
        else
            errors.Add(path + ".job", $"there is no job of that kind; {(kinds.Count == 0 ? "none are known" : "known are " + string.Join(", ", kinds.Keys.Order(StringComparer.Ordinal)))}");
        try
        {
            errors.Require(
                AcceptExpression.Parse(gate.Accept).Names.Count > 0, path + ".accept", "must name a metric of the job, or it would always say the same");
            errors.Require(
                kind is null || JobFields.Of(kind).Contains("version") || !GateJobRequest.NamesChampion(gate),
                path + ".accept", $"champion.NAME needs a job about a model version, and {gate.Job} is none");
        }
        catch (AcceptExpressionException e)
        {
            errors.Add(path + ".accept", e.Message);
        }
    }

    // What a field given says can be judged now, beside the model that the pipeline will name. What else is left out it fills in, where it is about the data.
    private static void CheckRequest(GateDefinition gate, JobKind kind, string path, ValidationErrors errors)
    {
        var given = gate.With ?? new Dictionary<string, JsonElement>();
        errors.Require(!given.ContainsKey("accept"), path + ".accept", "the gate's own accept says it");
        errors.Require(
            !given.TryGetValue("version", out var version) || version.ValueKind != JsonValueKind.String || version.GetString() != GateSubject.Challenger,
            path + ".version", "the challenger is what a gate is about; leave it out");
        var request = JsonSerializer.SerializeToNode(given)!.AsObject();
        if (JobFields.Of(kind).IsSupersetOf(Subject))
        {
            foreach (var field in Subject)
                request.TryAdd(field, GateSubject.Challenger);
        }

        try
        {
            kind.Normalise(request);
        }
        catch (DocumentException e)
        {
            foreach (var error in e.Errors.Where(IsKnown))
                errors.Add(error.Path.Length == 0 ? path : $"{path}.{error.Path}", error.Message);
        }

        bool IsKnown(ConfigurationError error) =>
            error.Message == DocumentJson.Required
                ? !GateJobRequest.Filled.Contains(error.Path)
                : given.ContainsKey(Root(error.Path)) || Subject.Contains(Root(error.Path)) || !GateJobRequest.Filled.Contains(Root(error.Path));
    }

    private static string Root(string path)
    {
        var end = path.AsSpan().IndexOfAny('.', '[');
        return end < 0 ? path : path[..end];
    }
}
