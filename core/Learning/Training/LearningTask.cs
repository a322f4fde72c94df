namespace Iml4e.Learning;

/// <summary>What is learnt from a label.</summary>
public enum LearningTask
{
    /// <summary>One of a few classes, with probabilities.</summary>
    Classification,

    /// <summary>A number.</summary>
    Regression,
}
