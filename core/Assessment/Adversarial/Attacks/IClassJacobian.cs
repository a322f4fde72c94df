namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Logits and the gradients of differences of logits. For one thread at a time.</summary>
public interface IClassJacobian : IDisposable
{
    /// <summary>Number of classes.</summary>
    int Classes { get; }

    /// <summary>Evaluates rows.</summary>
    /// <param name="images">One image a row.</param>
    /// <param name="plus">Class whose logit counts, for each row.</param>
    /// <param name="minus">Class whose logit is taken off, for each row.</param>
    /// <param name="logits">All logits of each row.</param>
    /// <param name="gradients">Of the difference for the image, for each row.</param>
    /// <param name="ct">Ends the work.</param>
    void Evaluate(
        ReadOnlySpan<float> images, ReadOnlySpan<int> plus, ReadOnlySpan<int> minus, Span<float> logits, Span<float> gradients, CancellationToken ct);
}
