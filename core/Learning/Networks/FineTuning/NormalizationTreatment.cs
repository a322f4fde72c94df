namespace Iml4e.Learning.Networks;

/// <summary>What becomes of batch normalisation when a given network is trained on.</summary>
public enum NormalizationTreatment
{
    /// <summary>It normalises by each batch and goes on learning its running statistics; scales and shifts are trained where they are trainable.</summary>
    Train,

    /// <summary>It keeps the statistics that it has learnt; scales and shifts are trained where they are trainable. The choice for small data sets.</summary>
    Freeze,

    /// <summary>It is taken into the layer before it, which is trained without; one that follows no layer keeps its statistics.</summary>
    Fold,
}
