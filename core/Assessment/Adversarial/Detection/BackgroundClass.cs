namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Which of a detector's classes means that nothing is there.</summary>
public enum BackgroundClass
{
    /// <summary>None.</summary>
    None,

    /// <summary>The first.</summary>
    First,

    /// <summary>The last.</summary>
    Last,
}
