namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>How an image is brought to a model's size.</summary>
public enum ResizeMode
{
    /// <summary>Not at all: it must have that size.</summary>
    None,

    /// <summary>Stretched to it.</summary>
    Stretch,

    /// <summary>Shrunk or grown as a whole, with borders of one value.</summary>
    Letterbox,
}
