namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>What a black-box attack lowers: one number for each image. Every row is one query. For one thread at a time.</summary>
public interface IQueryObjective : IDisposable
{
    /// <summary>Evaluates rows.</summary>
    /// <param name="images">One image a row.</param>
    /// <param name="samples">Of which sample of the batch each row is.</param>
    /// <param name="scores">One for each row; the lower the nearer to the goal.</param>
    /// <param name="fooled">Whether the goal is reached by each row.</param>
    /// <param name="ct">Ends the work.</param>
    void Query(ReadOnlySpan<float> images, ReadOnlySpan<int> samples, Span<float> scores, Span<bool> fooled, CancellationToken ct);

    /// <summary>Rows asked for a sample so far.</summary>
    long Used(int sample);
}
