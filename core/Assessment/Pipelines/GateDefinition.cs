using System.Text.Json;

namespace Iml4e.Assessment.Pipelines;

/// <summary>A quality gate: a job whose metrics must fulfil an expression before a challenger goes on.</summary>
public sealed record GateDefinition
{
    /// <summary>Kind of the job, such as <c>evaluate</c>.</summary>
    public required string Job { get; init; }

    /// <summary>What people call the gate, 1 to 64 characters; the kind of its job when absent.</summary>
    public string? Name { get; init; }

    /// <summary>Fields of the job's request; those that name the model and its data are filled in by the pipeline where they are left out.</summary>
    public IReadOnlyDictionary<string, JsonElement>? With { get; init; }

    /// <summary>What the job's metrics must fulfil, an <see cref="Acceptance.AcceptExpression"/>; <c>champion.NAME</c> is the same metric of the champion.</summary>
    public required string Accept { get; init; }
}
