using System.Runtime.CompilerServices;
using System.Text;
using Iml4e.Catalog;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Serving;

/// <summary>How the predictions of a model are logged: its policy over the app's settings, compiled once for each snapshot of the model.</summary>
internal sealed class LoggingPlans(IOptions<AppOptions> options)
{
    private readonly ConditionalWeakTable<Model, LoggingPlan> _plans = [];

    /// <summary>What holds where a policy says nothing.</summary>
    public LoggingDefaults Defaults { get; } = new()
    {
        Durability = options.Value.DurablePredictions ? Durability.Durable : Durability.Buffered,
        MaxElements = options.Value.LoggedElements,
        MaskKey = Encoding.UTF8.GetBytes(options.Value.LogMaskKey),
    };

    /// <summary>True when keyed digests can be made.</summary>
    public bool HasKey => Defaults.MaskKey.Length >= LoggingDefaults.LeastKeyBytes;

    /// <summary>The plan of a model.</summary>
    public LoggingPlan For(Model model) => _plans.GetValue(model, m => new LoggingPlan(m.Logging, Defaults));
}
