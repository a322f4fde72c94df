using System.Text;
using System.Text.Json;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients.Golden;

/// <summary>An input of a golden case.</summary>
internal sealed class GoldenInput
{
    private const int Advance = 8;

    internal GoldenInput(string caseName, JsonElement json)
    {
        Name = json.TryGetProperty("name", out var name) ? name.GetString()! : "";
        if (Name.Length == 0)
            return;
        var shape = Longs(json.GetProperty("shape"));
        Value = json.TryGetProperty("range", out var range)
            ? Tensor.FromFloats(Name, Numbers($"{caseName}/{Name}", shape, range[0].GetDouble(), range[1].GetDouble()), shape)
            : Listed(json, shape);
        IsDifferentiated = json.TryGetProperty("range", out _) && !json.TryGetProperty("constant", out _);
        IsStored = json.TryGetProperty("stored", out _);
        IsOpen = json.TryGetProperty("open", out _);
        if (json.TryGetProperty("dims", out var dims))
            Dimensions = [.. dims.EnumerateArray().Select(d => d.ValueKind == JsonValueKind.String ? (Dim)d.GetString()! : d.GetInt64())];
    }

    /// <summary>Its name; "" for an optional one that is left out.</summary>
    internal string Name { get; }

    /// <summary>What it holds; null for one that is left out.</summary>
    internal Tensor? Value { get; }

    /// <summary>Whether the file has its gradient.</summary>
    internal bool IsDifferentiated { get; }

    /// <summary>Whether it is a weight, which a model stores.</summary>
    internal bool IsStored { get; }

    /// <summary>Whether its numbers need not be known in advance.</summary>
    internal bool IsOpen { get; }

    /// <summary>Its dimensions with names where they may be free; null where all are fixed.</summary>
    internal Dim[]? Dimensions { get; }

    /// <summary>The numbers that a key stands for, as the script that writes the file makes them.</summary>
    internal static float[] Numbers(string key, long[] shape, double low, double high)
    {
        var state = Encoding.UTF8.GetBytes(key).Aggregate(2166136261u, (hash, b) => unchecked((hash ^ b) * 16777619));
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = -Advance; i < values.Length; i++)
        {
            state = unchecked((1664525 * state) + 1013904223);
            if (i >= 0)
                values[i] = (float)(low + (high - low) * ((state >> 8) / (double)(1 << 24)));
        }

        return values;
    }

    private Tensor Listed(JsonElement json, long[] shape)
    {
        var values = json.GetProperty("values");
        return json.GetProperty("type").GetString() switch
        {
            "int64" => Tensor.FromInt64s(Name, Longs(values), shape),
            "int32" => Tensor.FromInt32s(Name, Array.ConvertAll(Longs(values), v => (int)v), shape),
            "bool" => Tensor.FromBools(Name, [.. values.EnumerateArray().Select(v => v.GetBoolean())], shape),
            "double" => Tensor.FromDoubles(Name, Reals(values), shape),
            "float" => Tensor.FromFloats(Name, Array.ConvertAll(Reals(values), v => (float)v), shape),
            var type => throw new InvalidDataException($"input {Name} is of {type}"),
        };
    }

    internal static long[] Longs(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetInt64())];

    internal static double[] Reals(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];
}
