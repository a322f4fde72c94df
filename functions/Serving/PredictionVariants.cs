using Iml4e.Catalog;

namespace Iml4e.Functions.Serving;

/// <summary>Variants as callers and metrics see them.</summary>
internal static class PredictionVariants
{
    /// <summary>The variant in small letters.</summary>
    public static string ToWire(this PredictionVariant variant) => variant switch
    {
        PredictionVariant.Champion => "champion",
        PredictionVariant.Control => "control",
        PredictionVariant.Challenger => "challenger",
        PredictionVariant.Shadow => "shadow",
        _ => "outside",
    };
}
