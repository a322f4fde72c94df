namespace Iml4e.Inference.Gradients;

/// <summary>Who gets the gradient of a maximum or minimum that several elements share.</summary>
public enum TiePolicy
{
    /// <summary>All of them, in equal parts.</summary>
    EvenSplit,

    /// <summary>Each of them the whole; two nodes fewer.</summary>
    Full,
}
