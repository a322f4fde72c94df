namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>How a model's input lies in memory.</summary>
public enum ImageLayout
{
    /// <summary>Channels, rows, columns.</summary>
    Nchw,

    /// <summary>Rows, columns, channels.</summary>
    Nhwc,
}
