namespace Iml4e.LocalRuntime.DurableTask.Client.Entities;

/// <summary>Which entities a listing is about; all conditions must hold.</summary>
public record EntityQuery
{
    public const int DefaultPageSize = 100;

    private readonly string? instanceIdStartsWith;

    /// <summary>The text form of an id (@name@key) or its beginning; the name part is lower-cased.</summary>
    public string? InstanceIdStartsWith
    {
        get => instanceIdStartsWith;
        init => instanceIdStartsWith = Normalize(value);
    }

    public DateTimeOffset? LastModifiedFrom { get; init; }

    public DateTimeOffset? LastModifiedTo { get; init; }

    public bool IncludeState { get; init; } = true;

    /// <summary>Whether entities without a state are listed too.</summary>
    public bool IncludeTransient { get; init; }

    public int? PageSize { get; init; }

    public string? ContinuationToken { get; init; }

    private static string? Normalize(string? prefix)
    {
        if (string.IsNullOrEmpty(prefix))
            return prefix;
        if (prefix[0] != '@')
            prefix = "@" + prefix;
        var second = prefix.IndexOf('@', 1);
        return second < 0 ? prefix.ToLowerInvariant() : prefix[..second].ToLowerInvariant() + prefix[second..];
    }
}
