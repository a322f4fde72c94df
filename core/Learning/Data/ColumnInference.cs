using System.Globalization;
using System.Text.Json.Serialization;

namespace Iml4e.Learning;

/// <summary>What a reader took a column for, and why.</summary>
public sealed record ColumnInference
{
    /// <summary>Most examples that are kept.</summary>
    public const int MaxExamples = 3;

    /// <summary>Number, category or timestamp.</summary>
    public required ColumnKind Kind { get; init; }

    /// <summary>How the values are written, e.g. "whole numbers" or "ISO 8601 with an offset".</summary>
    public required string Format { get; init; }

    /// <summary>True when the kind was said and not inferred.</summary>
    public bool Declared { get; init; }

    /// <summary>Rows that were read.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows without a value.</summary>
    public required int Missing { get; init; }

    /// <summary>Values that are numbers; in a category column those that would have fitted a narrower kind.</summary>
    public int Numbers { get; init; }

    /// <summary>The first values that forced the column to be a category, at most three.</summary>
    public IReadOnlyList<FallbackExample> Examples { get; init; } = [];

    /// <summary>Rows with a value.</summary>
    [JsonIgnore]
    public int Present => Rows - Missing;

    /// <summary>Missing rows over all rows; 0 when there is none.</summary>
    [JsonIgnore]
    public double MissingShare => Rows == 0 ? 0 : (double)Missing / Rows;

    /// <summary>The assumption in a sentence, e.g. "number: all 8760 values are whole numbers".</summary>
    [JsonIgnore]
    public string Summary
    {
        get
        {
            var kind = Kind.ToString().ToLowerInvariant();
            if (Declared)
                return $"{kind}: declared";
            if (Present == 0)
                return $"{kind}: no row has a value";
            if (Examples.Count == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{kind}: all {Present} values are {Format}");
            var example = Examples[0];
            var others = Numbers == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({Numbers} of {Present} values are)");
            var value = example.Value is null ? "the value" : $"'{example.Value}'";
            return string.Create(CultureInfo.InvariantCulture, $"{kind}: {value} in row {example.Row} is not {example.Expected}{others}");
        }
    }

    /// <summary>The same without any value of the data, for those who were not given it: where the examples stand is told, not what they are.</summary>
    public ColumnInference WithoutValues() => Examples.Count == 0 ? this : this with { Examples = [.. Examples.Select(e => e with { Value = null })] };

    /// <summary>The inference over the rows of both, which follow one another.</summary>
    public ColumnInference Then(ColumnInference next)
    {
        ArgumentNullException.ThrowIfNull(next);
        var shaping = Present > 0 || next.Present == 0 ? this : next;
        return shaping with
        {
            Format = Present == 0 || next.Present == 0 || Format == next.Format
                ? shaping.Format
                : Kind == ColumnKind.Number ? "decimal numbers" : $"{Format}, then {next.Format}",
            Declared = Declared || next.Declared,
            Rows = Rows + next.Rows,
            Missing = Missing + next.Missing,
            Numbers = Numbers + next.Numbers,
            Examples = [.. Examples.Concat(next.Examples.Select(e => e with { Row = e.Row + Rows })).Take(MaxExamples)],
        };
    }
}
