using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Jobs;

/// <summary>
/// A kind of work that runs as a durable job: a validated request, a plan of independent units, their execution, and an aggregate with a report.
/// Values between the steps are JSON, so that each step may run in another process.
/// </summary>
public abstract class JobKind
{
    /// <summary>Name in the URL, such as <c>evaluate</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What the kind does, in a sentence, for the catalogue of kinds.</summary>
    public abstract string Summary { get; }

    /// <summary>Type of the request document, for its JSON schema.</summary>
    public abstract Type RequestType { get; }

    /// <summary>Checks a request document and returns it in its normal form, defaults filled in.</summary>
    /// <exception cref="DocumentException">The request is not valid; lists every error with its path.</exception>
    public abstract JsonElement Normalise(JsonNode? request);

    /// <summary>Splits the work into units that may run in parallel.</summary>
    public abstract Task<IReadOnlyList<JsonElement>> PlanAsync(JsonElement request, IJobContext context, CancellationToken cancellationToken);

    /// <summary>Does one unit. Runs at least once: it must give the same result when it runs again.</summary>
    public abstract Task<JsonElement> ExecuteAsync(JsonElement request, JsonElement unit, IJobContext context, CancellationToken cancellationToken);

    /// <summary>Puts the parts together: metrics, report, verdict.</summary>
    public abstract Task<JobResult> AggregateAsync(
        JsonElement request, IReadOnlyList<JsonElement> parts, IJobContext context, CancellationToken cancellationToken);
}

/// <summary>A kind of job with typed request, unit and part.</summary>
/// <typeparam name="TRequest">The request document.</typeparam>
/// <typeparam name="TUnit">One independent piece of work.</typeparam>
/// <typeparam name="TPart">What executing a unit gives.</typeparam>
public abstract class JobKind<TRequest, TUnit, TPart> : JobKind
    where TRequest : class
{
    /// <inheritdoc/>
    public sealed override Type RequestType => typeof(TRequest);

    /// <inheritdoc/>
    public sealed override JsonElement Normalise(JsonNode? request)
    {
        var typed = DocumentJson.Read<TRequest>(request);
        var errors = new ValidationErrors();
        Validate(typed, errors);
        errors.ThrowIfAny();
        return JsonSerializer.SerializeToElement(typed, DocumentJson.Options);
    }

    /// <inheritdoc/>
    public sealed override async Task<IReadOnlyList<JsonElement>> PlanAsync(JsonElement request, IJobContext context, CancellationToken cancellationToken)
    {
        var units = await PlanAsync(Typed<TRequest>(request), context, cancellationToken);
        return [.. units.Select(u => JsonSerializer.SerializeToElement(u, DocumentJson.Options))];
    }

    /// <inheritdoc/>
    public sealed override async Task<JsonElement> ExecuteAsync(
        JsonElement request, JsonElement unit, IJobContext context, CancellationToken cancellationToken)
    {
        var part = await ExecuteAsync(Typed<TRequest>(request), Typed<TUnit>(unit), context, cancellationToken);
        return JsonSerializer.SerializeToElement(part, DocumentJson.Options);
    }

    /// <inheritdoc/>
    public sealed override Task<JobResult> AggregateAsync(
        JsonElement request, IReadOnlyList<JsonElement> parts, IJobContext context, CancellationToken cancellationToken) =>
        AggregateAsync(Typed<TRequest>(request), [.. parts.Select(Typed<TPart>)], context, cancellationToken);

    /// <summary>Checks what the types alone cannot.</summary>
    protected abstract void Validate(TRequest request, ValidationErrors errors);

    /// <inheritdoc cref="JobKind.PlanAsync(JsonElement, IJobContext, CancellationToken)"/>
    protected abstract Task<IReadOnlyList<TUnit>> PlanAsync(TRequest request, IJobContext context, CancellationToken cancellationToken);

    /// <inheritdoc cref="JobKind.ExecuteAsync(JsonElement, JsonElement, IJobContext, CancellationToken)"/>
    protected abstract Task<TPart> ExecuteAsync(TRequest request, TUnit unit, IJobContext context, CancellationToken cancellationToken);

    /// <inheritdoc cref="JobKind.AggregateAsync(JsonElement, IReadOnlyList{JsonElement}, IJobContext, CancellationToken)"/>
    protected abstract Task<JobResult> AggregateAsync(
        TRequest request, IReadOnlyList<TPart> parts, IJobContext context, CancellationToken cancellationToken);

    private static T Typed<T>(JsonElement value) =>
        value.Deserialize<T>(DocumentJson.Options) ?? throw new InvalidOperationException($"A {typeof(T).Name} is null.");
}
