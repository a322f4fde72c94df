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

    public double Number(string name, double normal, double least, double most, bool leastExcluded = false, bool mostExcluded = false)
    {
        if (!Find(name, out var value))
            return normal;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !(leastExcluded ? number > least : number >= least)
            || !(mostExcluded ? number < most : number <= most))
            throw new TrainingDataException($"{Root}.{name}", leastExcluded || mostExcluded
                ? string.Create(
                    CultureInfo.InvariantCulture, $"must be {(leastExcluded ? "above" : "at least")} {least} and {(mostExcluded ? "below" : "at most")} {most}")
                : string.Create(CultureInfo.InvariantCulture, $"must be {least}..{most}"));
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

    public bool Flag(string name, bool normal)
    {
        if (!Find(name, out var value))
            return normal;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new TrainingDataException($"{Root}.{name}", "must be true or false");
    }

    /// <summary>Whole numbers in their order.</summary>
    public IReadOnlyList<int> Ints(string name, IReadOnlyList<int> normal, int fewest, int longest, int least, int most)
    {
        if (!Find(name, out var value))
            return normal;
        var numbers = new List<int>();
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() >= fewest && value.GetArrayLength() <= longest)
        {
            foreach (var item in value.EnumerateArray())
                if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var number) && number >= least && number <= most)
                    numbers.Add(number);
        }
        if (value.ValueKind != JsonValueKind.Array || numbers.Count != value.GetArrayLength() || numbers.Count < fewest)
        {
            var count = fewest == longest ? $"{fewest}" : $"{fewest} to {longest}";
            throw new TrainingDataException($"{Root}.{name}", string.Create(CultureInfo.InvariantCulture, $"must be a list of {count} whole numbers of {least}..{most}"));
        }
        return numbers;
    }

    /// <summary>Whole numbers of a small range by name; empty when absent.</summary>
    public IReadOnlyDictionary<string, int> NamedInts(string name, int least, int most)
    {
        var read = new Dictionary<string, int>(StringComparer.Ordinal);
        if (!Find(name, out var value))
            return read;
        if (value.ValueKind != JsonValueKind.Object)
            throw new TrainingDataException($"{Root}.{name}", "must be an object of column names");
        foreach (var entry in value.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var number) || number < least || number > most)
                throw new TrainingDataException(
                    $"{Root}.{name}.{entry.Name}", string.Create(CultureInfo.InvariantCulture, $"must be {least}..{most} (a whole number)"));
            read[entry.Name] = number;
        }
        return read;
    }

    /// <summary>Lists of names; empty when absent.</summary>
    public IReadOnlyList<IReadOnlyList<string>> NameLists(string name)
    {
        if (!Find(name, out var value))
            return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0
            || value.EnumerateArray().Any(
                l => l.ValueKind != JsonValueKind.Array || l.GetArrayLength() == 0 || l.EnumerateArray().Any(n => n.ValueKind != JsonValueKind.String)))
            throw new TrainingDataException($"{Root}.{name}", "must be a list of lists of column names, none of them empty");
        return [.. value.EnumerateArray().Select(l => (IReadOnlyList<string>)[.. l.EnumerateArray().Select(n => n.GetString()!)])];
    }

    /// <summary>Whether the parameter was given.</summary>
    public bool Has(string name) => given?.ContainsKey(name) == true;

    /// <summary>Lets a parameter pass whose absence means something.</summary>
    public void Know(string name) => known.Add(name);

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
