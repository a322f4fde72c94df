using Iml4e.Assessment.Validation;

namespace Iml4e.Functions.Models;

/// <summary>Body of a gradient check; everything may be left out.</summary>
internal sealed record GradientCheckRequest
{
    private const int MostNames = 100;
    private const int MostDimensions = 16;
    private const long LongestDimension = 1 << 20;
    private const long MostElements = 1 << 24;

    /// <summary>Version or alias.</summary>
    public string Version { get; init; } = "champion";

    /// <summary>Inputs and initialisers to differentiate for; all inputs of real numbers when absent.</summary>
    public IReadOnlyList<string>? Wrt { get; init; }

    /// <summary>Outputs to differentiate; all of real numbers when absent.</summary>
    public IReadOnlyList<string>? Outputs { get; init; }

    /// <summary>Shapes of inputs with free dimensions, by name: a positive size fixes a dimension, -1 leaves it free.</summary>
    public Dictionary<string, long[]>? Shapes { get; init; }

    /// <summary>Seed of inputs and directions.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Random directions beside that of the gradient itself, 1 to 10.</summary>
    public int Directions { get; init; } = 3;

    /// <summary>Refuses what is out of range.</summary>
    /// <exception cref="DocumentException">Lists every error with its path.</exception>
    public void Check()
    {
        var errors = new ValidationErrors();
        errors.Require(Wrt is null or { Count: > 0 and <= MostNames }, "wrt", $"1 to {MostNames} names");
        errors.Require(Outputs is null or { Count: > 0 and <= MostNames }, "outputs", $"1 to {MostNames} names");
        errors.Require(Wrt?.Contains(null!) != true, "wrt", "names, not null");
        errors.Require(Outputs?.Contains(null!) != true, "outputs", "names, not null");
        errors.Require(
            Shapes is null || Shapes.Values.All(IsSmall), "shapes",
            $"lists of at most {MostDimensions} sizes, each -1 or 1 to {LongestDimension}, of at most {MostElements} numbers together");
        errors.Require(Directions is >= 1 and <= 10, "directions", "1 to 10");
        errors.ThrowIfAny();
    }

    private static bool IsSmall(long[]? shape) => shape is { Length: <= MostDimensions } && shape.All(d => d is -1 or (> 0 and <= LongestDimension))
        && shape.Aggregate(1.0, (count, d) => count * Math.Abs(d)) <= MostElements;
}
