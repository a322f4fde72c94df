namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Order of a model's colour channels.</summary>
public enum ColorOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red.</summary>
    Bgr,

    /// <summary>One channel.</summary>
    Gray,
}
