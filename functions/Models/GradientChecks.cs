using Iml4e.Functions.Http;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Gradients.Checking;
using Iml4e.Inference.Onnx;

namespace Iml4e.Functions.Models;

/// <summary>Runs gradient checks, one at a time: each takes as much as dozens of predictions.</summary>
internal sealed class GradientChecks(SessionSettings session, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(60);
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Examines a model, and checks its gradients if there are any.</summary>
    /// <exception cref="ApiException">The request does not fit the model, the model does not run, or the check takes too long.</exception>
    public async Task<(CoverageReport Coverage, GradientCheckReport? Check)> RunAsync(
        ModelProto model, GradientRequest request, GradientCheckOptions options, CancellationToken cancellationToken)
    {
        if (!await _turn.WaitAsync(LongestWait, cancellationToken))
            throw new ApiException(503, "gradient_check.busy", "Other models are being checked; try again.") { RetryAfter = 10 };
        using var limit = new CancellationTokenSource(LongestCheck, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await Task.Run(() => Run(model, request, options with { Settings = session with { LongestRun = LongestCheck } }, both.Token), cancellationToken);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(
                422, "gradient_check.slow", $"The check did not end within {LongestCheck.TotalSeconds} s; ask for fewer directions, or give smaller shapes.");
        }
        catch (GradientRequestException e)
        {
            throw ApiException.Invalid(e.Field switch { "shapeHints" => "shapes", "seedTensors" => "outputs", var field => field }, e.Message);
        }
        catch (RankUnknownException e)
        {
            throw ApiException.Invalid("shapes", e.Message);
        }
        catch (GradientException e)
        {
            throw ApiException.Invalid("wrt", e.Message);
        }
        catch (InferenceFailedException e)
        {
            throw ApiException.Invalid("shapes", $"the model does not run on random inputs of these shapes: {e.Message}");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static (CoverageReport Coverage, GradientCheckReport? Check) Run(
        ModelProto model, GradientRequest request, GradientCheckOptions options, CancellationToken ct)
    {
        var coverage = GradientGraphBuilder.Examine(model, request);
        if (coverage.Unsupported.Length > 0)
            return (coverage, null);
        var check = GradientCheck.Run(model, request, options, ct);
        return (check.Coverage, check);
    }
}
