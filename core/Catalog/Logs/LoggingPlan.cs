namespace Iml4e.Catalog;

/// <summary>A <see cref="LoggingPolicy"/> over the app's <see cref="LoggingDefaults"/>, ready to be applied to each prediction.</summary>
public sealed class LoggingPlan
{
    private readonly ContentPolicy? inputs;
    private readonly ContentPolicy? outputs;
    private readonly Dictionary<string, InputMask[]> masks = new(StringComparer.Ordinal);
    private readonly MaskMethod? unit;
    private readonly long maxElements;

    /// <param name="policy">Of the model; null = none.</param>
    /// <param name="defaults">Of the app.</param>
    public LoggingPlan(LoggingPolicy? policy, LoggingDefaults defaults)
    {
        policy ??= new LoggingPolicy();
        (inputs, outputs, maxElements) = (policy.Inputs, policy.Outputs, defaults.MaxElements);
        Durability = policy.Durability ?? defaults.Durability;
        Key = defaults.MaskKey.Length >= LoggingDefaults.LeastKeyBytes ? defaults.MaskKey : default;
        foreach (var group in policy.Mask.Where(m => m.Input is not null).GroupBy(m => m.Input!, StringComparer.Ordinal))
            masks[group.Key] = [.. group.Select(m => new InputMask(m.Columns?.ToHashSet(), Method(m.With)))];
        unit = policy.Mask.FirstOrDefault(m => m.Field == FieldMask.Unit) is { } mask ? Method(mask.With) : null;

        MaskMethod Method(MaskMethod wanted) => wanted == MaskMethod.KeyedDigest && Key.IsEmpty ? MaskMethod.Drop : wanted;
    }

    /// <summary>Whether answers wait for the log.</summary>
    public Durability Durability { get; }

    internal ReadOnlyMemory<byte> Key { get; }

    /// <summary>Whether a mask takes the place of the unit's hash.</summary>
    internal bool MasksUnit => unit is not null;

    /// <summary>What the mask makes of a unit's id; null when it is dropped.</summary>
    internal string? MaskedUnit(string model, string value) => new MaskedValue(unit ?? MaskMethod.Drop, Key, model, FieldMask.Unit).Text(value);

    internal bool InputValues(string id, long elements) => elements <= maxElements && Values(inputs, id);

    internal bool OutputValues(string id, long elements) => elements <= maxElements && Values(outputs, id);

    /// <summary>Whether output tensors are logged beside the predicted values: as the policy has it, and instead of them when they are too many.</summary>
    internal bool OutputTensors(long elements) => outputs is not null || elements > maxElements;

    /// <summary>Whether the predicted numbers or labels may be logged.</summary>
    internal bool Predicted(string id) => outputs is null || Values(outputs, id);

    /// <summary>The masks of an input; null when it has none.</summary>
    internal InputMask[]? Masks(string input) => masks.GetValueOrDefault(input);

    private static bool Values(ContentPolicy? content, string id) => content switch
    {
        null or { Log: ContentLogging.All } => true,
        { Log: ContentLogging.Sampled } => PredictionSampling.Contains(id, content.Rate ?? 0),
        _ => false,
    };

    /// <summary>A mask over some columns of an input, or all.</summary>
    internal sealed record InputMask(IReadOnlySet<int>? Columns, MaskMethod Method);
}
