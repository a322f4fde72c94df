namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>How average precision is read off the curve of precision over recall.</summary>
public enum ApMethod
{
    /// <summary>coco: mean at 101 recalls, over the overlaps 0.5, 0.55 and so on to 0.95.</summary>
    Coco,

    /// <summary>voc07: mean at 11 recalls, at overlap 0.5.</summary>
    Voc07,

    /// <summary>voc10: the area under the envelope, at overlap 0.5.</summary>
    Voc10,
}
