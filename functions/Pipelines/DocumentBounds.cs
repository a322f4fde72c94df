using System.Text.Json.Nodes;

namespace Iml4e.Functions.Pipelines;

/// <summary>What a number, or the length of a list or text, may be, as JSON Schema says it.</summary>
internal sealed record DocumentBounds
{
    /// <summary>The least value.</summary>
    public double? Minimum { get; init; }

    /// <summary>All values are above it.</summary>
    public double? ExclusiveMinimum { get; init; }

    /// <summary>The largest value.</summary>
    public double? Maximum { get; init; }

    /// <summary>All values are below it.</summary>
    public double? ExclusiveMaximum { get; init; }

    /// <summary>The fewest items of a list, members of an object or characters of a text.</summary>
    public int? Fewest { get; init; }

    /// <summary>The most.</summary>
    public int? Most { get; init; }

    /// <summary>From one value to another, both allowed.</summary>
    public static DocumentBounds Between(double least, double most) => new() { Minimum = least, Maximum = most };

    /// <summary>A value or more.</summary>
    public static DocumentBounds From(double least) => new() { Minimum = least };

    /// <summary>More than a value, and no more than another.</summary>
    public static DocumentBounds Above(double limit, double? most = null) => new() { ExclusiveMinimum = limit, Maximum = most };

    /// <summary>Between two values, neither allowed.</summary>
    public static DocumentBounds Inside(double low, double high) => new() { ExclusiveMinimum = low, ExclusiveMaximum = high };

    /// <summary>So many items, members or characters.</summary>
    public static DocumentBounds Sized(int fewest, int most) => new() { Fewest = fewest, Most = most };

    /// <summary>Writes them into a schema.</summary>
    public void ApplyTo(JsonObject schema)
    {
        Set("minimum", Minimum);
        Set("exclusiveMinimum", ExclusiveMinimum);
        Set("maximum", Maximum);
        Set("exclusiveMaximum", ExclusiveMaximum);
        var kind = schema["type"] is JsonArray several ? several.Select(t => t!.GetValue<string>()).First(t => t != "null") : schema["type"]!.GetValue<string>();
        var unit = kind switch { "array" => "Items", "object" => "Properties", _ => "Length" };
        if (Fewest is { } fewest and > 0)
            schema["min" + unit] = fewest;
        if (Most is { } most)
            schema["max" + unit] = most;

        void Set(string keyword, double? value)
        {
            if (value is not { } number)
                return;
            schema[keyword] = number;
            // One says it all.
            if (keyword is "exclusiveMinimum")
                schema.Remove("minimum");
            else if (keyword is "exclusiveMaximum")
                schema.Remove("maximum");
        }
    }
}
