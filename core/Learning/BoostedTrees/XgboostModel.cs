using System.Globalization;
using System.Text.Json;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Reads XGBoost's JSON model (versions 1.7 to 3) into a <see cref="TreeEnsemble"/>.</summary>
internal static class XgboostModel
{
    /// <summary>Reads the model; what ONNX could not carry faithfully is refused by name (<c>xgb.unsupported_model</c>).</summary>
    public static TreeEnsemble Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(WithoutNaN(json));
            return Read(document.RootElement);
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException or OverflowException)
        {
            throw new TrainingException("xgb.unsupported_model", "not an XGBoost JSON model", problem);
        }
    }

    // A split by categories has no threshold, for which XGBoost writes NaN, a word that JSON does not know.
    private static ReadOnlyMemory<byte> WithoutNaN(ReadOnlyMemory<byte> json)
    {
        if (json.Span.IndexOf("NaN"u8) < 0)
            return json;
        var plain = json.ToArray();
        var quoted = false;
        for (var i = 0; i < plain.Length; i++)
        {
            if (plain[i] == '"' && (i == 0 || plain[i - 1] != '\\'))
                quoted = !quoted;
            else if (!quoted && plain.AsSpan(i).StartsWith("NaN"u8))
                "0  "u8.CopyTo(plain.AsSpan(i));
        }
        return plain;
    }

    private static TreeEnsemble Read(JsonElement root)
    {
        var learner = root.GetProperty("learner");
        var booster = learner.GetProperty("gradient_booster");
        var name = booster.GetProperty("name").GetString();
        if (name != "gbtree")
            throw Unsupported($"booster '{name}' (only gbtree)");
        var wanted = learner.GetProperty("objective").GetProperty("name").GetString()!;
        var objective = Objective.Find(wanted) ?? throw Unsupported($"objective '{wanted}' (only {string.Join(", ", Objective.Known.Select(o => o.Name))})");
        var parameters = learner.GetProperty("learner_model_param");
        var classes = Int(parameters, "num_class");
        if (objective.IsMulticlass != (classes > 1))
            throw Unsupported($"num_class {classes} with objective '{wanted}'");
        if (parameters.TryGetProperty("num_target", out _) && Int(parameters, "num_target") > 1)
            throw Unsupported("num_target > 1");

        var model = booster.GetProperty("model");
        var reader = new TreeReader(Int(parameters, "num_feature"));
        var groups = model.GetProperty("tree_info").EnumerateArray().Select(e => e.GetInt64()).ToArray();
        var tree = 0;
        foreach (var element in model.GetProperty("trees").EnumerateArray())
            reader.Add(element, tree, groups[tree++]);
        var baseScore = Base(parameters.GetProperty("base_score").GetString()!);
        return reader.ToEnsemble(
            objective, Math.Max(classes, 1), objective.BaseMargin(baseScore), tree, Int(model.GetProperty("gbtree_model_param"), "num_parallel_tree"));
    }

    /// <summary>A whole number, which XGBoost writes as a text.</summary>
    public static int Int(JsonElement element, string name)
    {
        var value = element.GetProperty(name);
        return value.ValueKind == JsonValueKind.Number ? value.GetInt32() : int.Parse(value.GetString()!, CultureInfo.InvariantCulture);
    }

    // A text such as "3E-1"; from version 3 an array in brackets, "[3E-1]".
    private static float Base(string text)
    {
        var parts = text.Trim('[', ']').Split(',');
        var first = float.Parse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture);
        foreach (var part in parts)
            if (float.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture) != first)
                throw Unsupported("base_score that differs by class");
        return first;
    }

    /// <summary>The error for what ONNX could not carry.</summary>
    public static TrainingException Unsupported(string what) => new("xgb.unsupported_model", $"the model uses {what}, which is not converted to ONNX");
}
