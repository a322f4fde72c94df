using System.Globalization;
using System.Text.Json;

namespace Iml4e.Learning;

/// <summary>Reads a trainer's parameters by name, with ranges; what is wrong is said at <c>train.parameters.NAME</c>.</summary>
internal sealed class ParameterReader(IReadOnlyDictionary<string, JsonElement>? given)
{
    private const string Root = "train.parameters";
    private readonly List<string> known = [];

    public int Int(string name, int normal, int least, int most)
    {
        if (!Find(name, out var value))
            return normal;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number) || number < least || number > most)
            throw new TrainingDataException($"{Root}.{name}", string.Create(CultureInfo.InvariantCulture, $"must be {least}..{most} (a whole number)"));
        return number;
    }

    public double Number(string name, double normal, double least, double most, bool leastExcluded = false)
    {
        if (!Find(name, out var value))
            return normal;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !(leastExcluded ? number > least : number >= least) || number > most)
            throw new TrainingDataException($"{Root}.{name}",
                string.Create(CultureInfo.InvariantCulture, $"must be {(leastExcluded ? "above " : "")}{least}{(leastExcluded ? " and at most " : "..")}{most}"));
        return number;
    }

    public string Choice(string name, string normal, params ReadOnlySpan<string> choices)
    {
        if (!Find(name, out var value))
            return normal;
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (text is null || !choices.Contains(text))
            throw new TrainingDataException($"{Root}.{name}", $"must be one of {string.Join(", ", choices.ToArray())}");
        return text;
    }

    /// <summary>Refuses names that no call asked for.</summary>
    public void RefuseUnknown()
    {
        foreach (var name in given?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>())
            if (!known.Contains(name))
                throw new TrainingDataException($"{Root}.{name}", $"unknown parameter; known: {string.Join(", ", known)}");
    }

    private bool Find(string name, out JsonElement value)
    {
        known.Add(name);
        value = default;
        return given is not null && given.TryGetValue(name, out value);
    }
}
