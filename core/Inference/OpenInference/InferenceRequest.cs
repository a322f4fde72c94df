namespace Iml4e.Inference.OpenInference;

/// <summary>A checked request: its inputs fit the model.</summary>
/// <param name="Id">The caller's id, to be echoed.</param>
/// <param name="ModelName">The model that the body names, if any; it must be that of the path.</param>
/// <param name="Inputs">Every input of the model, in the request's order.</param>
/// <param name="Outputs">The outputs asked for; null = all.</param>
/// <param name="Parameters">Parameters of the request: string, bool, long or double.</param>
public sealed record InferenceRequest(
    string? Id, string? ModelName, IReadOnlyList<Tensor> Inputs, IReadOnlyList<RequestedOutput>? Outputs, IReadOnlyDictionary<string, object>? Parameters)
{
    /// <summary>Names of the outputs asked for; null = all.</summary>
    public IReadOnlyList<string>? OutputNames { get; } = Outputs?.Select(o => o.Name).ToArray();

    /// <summary>Whether the answer tells how long its parts took.</summary>
    public bool Timings => Flag("timings");

    /// <summary>Whether the outputs' data are wanted as nested arrays.</summary>
    public bool Nested => Flag("nested");

    /// <summary>Whether any output goes back as binary data.</summary>
    public bool AnyBinaryOutput
    {
        get
        {
            var byDefault = Flag("binary_data_output");
            if (Outputs is not { Count: > 0 } outputs)
                return byDefault;
            for (var i = 0; i < outputs.Count; i++)
            {
                if (outputs[i].BinaryData ?? byDefault)
                    return true;
            }

            return false;
        }
    }

    /// <summary>The caller's deadline (parameter <c>timeout</c>, microseconds); null when there is none.</summary>
    public TimeSpan? Timeout => Parameters is not null && Parameters.TryGetValue("timeout", out var value) && value is long and > 0 and < long.MaxValue / 10
        ? TimeSpan.FromMicroseconds((double)(long)value)
        : null;

    /// <summary>The same request over memory of its own.</summary>
    public InferenceRequest Copy() => this with { Inputs = [.. Inputs.Select(input => input.Copy())] };

    /// <summary>Whether that output goes back as binary data.</summary>
    public bool IsBinary(string output)
    {
        for (var i = 0; i < (Outputs?.Count ?? 0); i++)
        {
            if (Outputs![i].Name == output)
                return Outputs[i].BinaryData ?? Flag("binary_data_output");
        }

        return Flag("binary_data_output");
    }

    private bool Flag(string name) => Parameters is not null && Parameters.TryGetValue(name, out var value) && value is true;
}
