namespace Iml4e.Learning.Networks;

/// <summary>What a network learns to give.</summary>
public enum TargetKind
{
    /// <summary>The class of an example: scores of classes, cross entropy.</summary>
    Class,

    /// <summary>Numbers: squared error.</summary>
    Number,
}
