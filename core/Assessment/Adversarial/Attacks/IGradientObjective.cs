namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>What a white-box attack raises: one number for each image, with its gradient. For one thread at a time.</summary>
public interface IGradientObjective : IDisposable
{
    /// <summary>Evaluates rows.</summary>
    /// <param name="images">One image a row.</param>
    /// <param name="samples">Of which sample of the batch each row is; as many as rows.</param>
    /// <param name="losses">One for each row.</param>
    /// <param name="gradients">Of the losses for the images; NaN is turned into 0 and counted.</param>
    /// <param name="fooled">Whether the goal is reached by each row.</param>
    /// <param name="ct">Ends the work.</param>
    void Evaluate(ReadOnlySpan<float> images, ReadOnlySpan<int> samples, Span<float> losses, Span<float> gradients, Span<bool> fooled, CancellationToken ct);
}
