using System.Text;

namespace Iml4e.Tests.Integration.Serving.Conformance;

/// <summary>A request and exactly what must come back.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Model">two, inverse, or a datatype's wire name.</param>
/// <param name="Body">The JSON part.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Expected">The body; of a success the outputs alone, binary tensors after the JSON as "|hex"; of a failure the message.</param>
public sealed record ConformanceCase(string Name, string Model, string Body, int Status, string Expected)
{
    /// <summary>Bytes after the JSON, in hexadecimal digits.</summary>
    public string Tail { get; init; } = "";

    /// <summary>Header Inference-Header-Content-Length: "auto" = the length of the JSON part; null = not sent.</summary>
    public string? Length { get; init; }

    /// <summary>Content type; null = none.</summary>
    public string? ContentType { get; init; } = "application/json";

    /// <summary>Another header, "name: value".</summary>
    public string? Header { get; init; }

    /// <summary>Verb and path; null = an inference with the model.</summary>
    public string? Request { get; init; }

    /// <summary>Echoed id, and whatever else comes before the outputs.</summary>
    public string? Id { get; init; }

    /// <summary>The body's bytes.</summary>
    public byte[] Bytes() => [.. Encoding.UTF8.GetBytes(Body), .. Convert.FromHexString(Tail)];

    public override string ToString() => Name;
}
