namespace Iml4e.Learning.Networks;

/// <summary>How the learning rate goes over a training.</summary>
public enum ScheduleKind
{
    /// <summary>constant: it stays.</summary>
    Constant,

    /// <summary>step: it is multiplied by a factor every so many epochs.</summary>
    Step,

    /// <summary>cosine: it falls along half a cosine.</summary>
    Cosine,

    /// <summary>one_cycle: it rises for the first 30 %, then falls along half a cosine.</summary>
    OneCycle,
}
