namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>One attacked sample.</summary>
public sealed record SampleOutcome
{
    /// <summary>Name of the image.</summary>
    public required string Id { get; init; }

    /// <summary>Values changed.</summary>
    public required long L0 { get; init; }

    /// <summary>Euclidean length of the change.</summary>
    public required double L2 { get; init; }

    /// <summary>Largest change.</summary>
    public required double Linf { get; init; }

    /// <summary>Peak signal to noise ratio, dB.</summary>
    public required double Psnr { get; init; }

    /// <summary>Structural similarity.</summary>
    public required double Ssim { get; init; }

    /// <summary>Rows asked of the model.</summary>
    public required long Queries { get; init; }

    /// <summary>Steps taken.</summary>
    public required int Iterations { get; init; }

    /// <summary>What the attack raised, before.</summary>
    public required double LossBefore { get; init; }

    /// <summary>What the attack raised, after.</summary>
    public required double LossAfter { get; init; }

    /// <summary>Whether the model errs on the sample as floats.</summary>
    public required bool SuccessFloat { get; init; }

    /// <summary>Whether the model errs on the sample as a file of 8 bits.</summary>
    public required bool Success8Bit { get; init; }
}
