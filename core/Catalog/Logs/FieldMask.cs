namespace Iml4e.Catalog;

/// <summary>A personal field of a prediction, and what the log has in its place.</summary>
public sealed record FieldMask
{
    /// <summary>The only member of a record, beside its tensors, that can name a person.</summary>
    public const string Unit = "unit";

    /// <summary>An input tensor by name; models that were trained here have one for each column, of the column's name.</summary>
    public string? Input { get; init; }

    /// <summary>Of the input's last dimension, the columns, counted from 0; all when left out.</summary>
    public IReadOnlyList<int>? Columns { get; init; }

    /// <summary>Instead of an input a member of the record by its JSON name: <c>unit</c>, the unit of the experiment.</summary>
    public string? Field { get; init; }

    /// <summary>What comes in its place.</summary>
    public MaskMethod With { get; init; }

    internal IEnumerable<(string Path, string Message)> Problems(IReadOnlyCollection<string>? inputs, bool hasKey)
    {
        if (Input is null == Field is null)
            yield return ("", "names either an input or a field");
        if (Field is not (null or Unit))
            yield return ("field", $"must be {Unit}");
        if (Field is not null && Columns is not null)
            yield return ("columns", "belong to an input");
        if (Columns is { Count: 0 } || Columns?.Any(c => c < 0) == true)
            yield return ("columns", "must be numbers of columns, from 0; leave it out for all");
        if (Input is not null && inputs is not null && !inputs.Contains(Input))
            yield return ("input", $"the model has no input {ResourceName.Quote(Input)}; it has {string.Join(", ", inputs)}");
        if (With == MaskMethod.KeyedDigest && !hasKey)
            yield return ("with", "keyedDigest needs a key: set Iml4e:LogMaskKey, at least 32 characters; or use drop");
    }
}

/// <summary>What the log has in the place of a masked value.</summary>
public enum MaskMethod
{
    /// <summary>Nothing.</summary>
    Drop,

    /// <summary>
    /// The first 128 bits of an HMAC-SHA256 under the app's key: equal values stay equal within a model and a field, and who has no key cannot find them by
    /// trying. This is the one for names, numbers of persons, birth dates and whatever else has few possible values.
    /// </summary>
    KeyedDigest,

    /// <summary>
    /// The first 128 bits of a SHA-256. Anybody can compute it: a value out of a small domain (a year of birth, a postcode, a meter of a known building) is
    /// found again by trying all there are. It is therefore for long random texts only, such as tokens; numbers and texts of fewer than 16 bytes are dropped
    /// instead.
    /// </summary>
    Digest,
}
