using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Gradients.Checking;
using Iml4e.Inference.Onnx;
using Microsoft.AspNetCore.Http;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Functions.Models;

/// <summary>Whether a model can be differentiated, and whether its gradients are right.</summary>
internal sealed class GradientFunctions(CatalogStore catalog, ModelVetting vetting, GradientChecks checks)
{
    [Function("CheckGradients")]
    [Operation(
        "Tells whether a version of a model can be differentiated, as white-box attacks and training need it, and checks the gradients numerically. Answers "
        + "{model, version, wrt, differentiable, coverage: {forwardNodes, backwardNodes, zeroGradientOps, unsupported: [{node, op, reason}], straightThrough}, "
        + "check: {passed, precision, differences: [{wrt, direction, step, difference, slope, relativeError, passed}], linearityError, zeroSeedIsZero, "
        + "adjointError}}; check is null when an operator on the way has no gradient.",
        Body = typeof(GradientCheckRequest))]
    public async Task<IResult> Check(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/models/{name}/gradient-check")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadOrDefaultAsync<GradientCheckRequest>(request, cancellationToken);
        body.Check();
        var version = await FindAsync(name, body.Version, cancellationToken);
        var model = GraphSurgery.Parse(await vetting.ReadAsync(version, cancellationToken));
        var asked = new GradientRequest
        {
            Wrt = [.. body.Wrt ?? RealInputs(model)], SeedTensors = [.. body.Outputs ?? []], ShapeHints = body.Shapes,
        };
        if (asked.Wrt.Length == 0)
            throw ApiException.Invalid("wrt", "the model has no input of real numbers; name initialisers to differentiate for");
        var (coverage, check) = await checks.RunAsync(model, asked, new GradientCheckOptions { Seed = body.Seed, Directions = body.Directions }, cancellationToken);
        return ApiJson.Ok(new
        {
            model = name, version.Version, asked.Wrt, differentiable = coverage.Unsupported.Length == 0, coverage,
            check = check is null ? null : new
            {
                check.Passed, precision = check.Precision.ToString().ToLowerInvariant(), check.Differences, check.LinearityError, check.ZeroSeedIsZero, check.AdjointError,
            },
        });
    }

    private async Task<ModelVersion> FindAsync(string name, string versionOrAlias, CancellationToken cancellationToken)
    {
        var model = (ResourceName.IsValid(name) ? await catalog.Models.GetAsync(name, cancellationToken) : null) ?? throw ApiException.NotFound("model", name);
        var version = model.Aliases.GetValueOrDefault(versionOrAlias) ?? versionOrAlias;
        return model.Versions.Any(v => v.Version == version)
            ? (await catalog.Models.GetVersionAsync(name, version, cancellationToken))!
            : throw ApiException.Invalid("version", $"model '{name}' has no version or alias '{versionOrAlias}'");
    }

    private static IEnumerable<string> RealInputs(ModelProto model)
    {
        var stored = model.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        return model.Graph.Input
            .Where(i => !stored.Contains(i.Name) && (DataType)(i.Type?.TensorType?.ElemType ?? 0) is DataType.Float or DataType.Double or DataType.Float16)
            .Select(i => i.Name);
    }
}
