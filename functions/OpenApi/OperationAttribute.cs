namespace Iml4e.Functions.OpenApi;

/// <summary>What the contract says of an HTTP function beyond its route: everything else is read off the function itself.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OperationAttribute(string summary) : Attribute
{
    /// <summary>What it does, in a sentence.</summary>
    public string Summary { get; } = summary;

    /// <summary>Type of the JSON (or YAML) body; null when there is none or it is not a document.</summary>
    public Type? Body { get; init; }

    /// <summary>Media type of a body that is not a document; several with commas between.</summary>
    public string? BodyMediaType { get; init; }

    /// <summary>Query parameters, each as <c>name: description</c>.</summary>
    public string[] Query { get; init; } = [];

    /// <summary>Request headers, each as <c>name: description</c>.</summary>
    public string[] Headers { get; init; } = [];

    /// <summary>Left out of the contract: it answers what nothing else is served at.</summary>
    public bool Hidden { get; init; }

    /// <summary>Status of success.</summary>
    public int Status { get; init; } = 200;
}
