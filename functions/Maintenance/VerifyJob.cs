using System.Globalization;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Reporting;

namespace Iml4e.Functions.Maintenance;

/// <summary>Walks the catalogue part by part and checks every digest, reference, order and hash chain; a part that broke off is walked again alone.</summary>
internal sealed class VerifyJob(CatalogStore catalog) : JobKind<VerifyRequest, string, VerifyPart>
{
    private static readonly string[] Kinds = ["digest", "size", "missing", "unreadable", "reference", "order", "chain", "foreign"];

    /// <inheritdoc/>
    public override string Name => "verify";

    /// <inheritdoc/>
    public override string Summary =>
        "Walks the catalogue, or parts of it, and checks every digest, reference, order and hash chain; tells each fault with its path.";

    /// <inheritdoc/>
    protected override void Validate(VerifyRequest request, ValidationErrors errors)
    {
        errors.Require(request.Scope.Count > 0, "scope", $"one or several of {string.Join(", ", VerificationScopes.Names)}");
        for (var i = 0; i < request.Scope.Count; i++)
            errors.Require(VerificationScopes.TryParse(request.Scope[i], out _), $"scope[{i}]", $"must be of {string.Join(", ", VerificationScopes.Names)}");
        AcceptRule.Check(request.Accept, "accept", ["faults", "checked", .. Kinds.Select(Metric)], errors);
    }

    /// <inheritdoc/>
    protected override Task<IReadOnlyList<string>> PlanAsync(VerifyRequest request, IJobContext context, CancellationToken cancellationToken)
    {
        var wanted = request.Scope.Aggregate(
            VerificationScope.None,
            (all, name) => VerificationScopes.TryParse(name, out var scope) ? all | scope : throw new JobInputException("scope", "is unknown"));
        return Task.FromResult<IReadOnlyList<string>>([.. VerificationScopes.Parts.Where(p => wanted.HasFlag(p)).Select(VerificationScopes.Name)]);
    }

    /// <inheritdoc/>
    protected override async Task<VerifyPart> ExecuteAsync(VerifyRequest request, string unit, IJobContext context, CancellationToken cancellationToken)
    {
        if (!VerificationScopes.TryParse(unit, out var scope))
            throw new JobInputException("scope", "is unknown");
        var faults = new FaultList();
        var summary = await catalog.Verifier.VerifyAsync(
            scope,
            fault =>
            {
                faults.Add(fault);
                return ValueTask.CompletedTask;
            },
            looked => context.Report(0, string.Create(CultureInfo.InvariantCulture, $"{unit}: {looked:N0} checks")),
            cancellationToken);
        return new VerifyPart(unit, summary.Checked, faults.Kinds, faults.First);
    }

    /// <inheritdoc/>
    protected override Task<JobResult> AggregateAsync(
        VerifyRequest request, IReadOnlyList<VerifyPart> parts, IJobContext context, CancellationToken cancellationToken)
    {
        var metrics = new Dictionary<string, double?> { ["faults"] = parts.Sum(p => p.Faults), ["checked"] = parts.Sum(p => p.Checked.Values.Sum()) };
        foreach (var kind in Kinds)
            metrics[Metric(kind)] = parts.Sum(p => p.Kinds.GetValueOrDefault(kind));
        var verdict = AcceptRule.Judge(request.Accept, metrics)!;
        return Task.FromResult(new JobResult
        {
            Metrics = metrics, Accepted = verdict.Accepted, Explanation = verdict.Explanation, Report = Report(parts, metrics, verdict, context.StartedAt),
        });
    }

    private static Report Report(IReadOnlyList<VerifyPart> parts, Dictionary<string, double?> metrics, AcceptResult verdict, DateTimeOffset created)
    {
        var builder = new ReportBuilder("Verification of the catalogue", string.Join(", ", parts.Select(p => p.Scope)), created)
            .Verdict(verdict)
            .Metrics("Figures", metrics)
            .Table("What was checked", ["Part", "What", "Number", "Faults in the part"],
            [
                .. parts.SelectMany(p => p.Checked.DefaultIfEmpty(new KeyValuePair<string, long>("nothing is there", 0)).Select((c, i) =>
                    new[] { i == 0 ? p.Scope : "", c.Key, Text(c.Value), i == 0 ? Text(p.Faults) : "" })),
            ]);
        foreach (var part in parts.Where(p => p.Faults > 0))
        {
            builder.Table(
                part.Faults > part.First.Count
                    ? $"Faults in {part.Scope}, the first {Text(part.First.Count)} of {Text(part.Faults)}"
                    : $"Faults in {part.Scope}",
                ["Fault", "Path", "What is wrong"],
                [.. part.First.Select(f => new[] { f.Kind, f.Path, f.Problem })]);
        }

        return builder.Build();
    }

    private static string Metric(string kind) => kind + "_faults";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
