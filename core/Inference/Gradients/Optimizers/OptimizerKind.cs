namespace Iml4e.Inference.Gradients.Optimizers;

/// <summary>How parameters follow their gradients.</summary>
public enum OptimizerKind
{
    /// <summary>sgd: against the gradient, with momentum if wanted.</summary>
    Sgd,

    /// <summary>adam: by running means of the gradient and of its square; weight decay is part of the gradient.</summary>
    Adam,

    /// <summary>adamw: as adam, weight decay apart from the gradient.</summary>
    AdamW,

    /// <summary>rmsprop: the gradient over the root of the running mean of its square.</summary>
    RmsProp,
}
