using Iml4e.Assessment.Experiment;

namespace Iml4e.Functions.Serving;

/// <summary>Where the unit of a request comes from, read once from a split's key.</summary>
internal sealed class UnitSource
{
    private const string HeaderKey = "header:";
    private const string JsonKey = "json:";
    private readonly string? _header;
    private readonly UnitPath? _path;
    private readonly bool _prediction;

    /// <param name="key"><c>header:NAME</c>, <c>json:$.path</c> or <c>prediction</c>.</param>
    public UnitSource(string key)
    {
        _prediction = key == "prediction";
        if (key.StartsWith(HeaderKey, StringComparison.Ordinal))
            _header = key[HeaderKey.Length..];
        else if (key.StartsWith(JsonKey, StringComparison.Ordinal))
            _ = UnitPath.TryParse(key.AsSpan(JsonKey.Length), out _path);
    }

    /// <summary>The unit; null when the request says none.</summary>
    public string? Of(PredictionCall call, string predictionId) =>
        _prediction ? predictionId : _header is not null ? call.Header(_header) : _path?.Find(call.Body.Json);
}
