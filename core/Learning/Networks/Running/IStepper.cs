namespace Iml4e.Learning.Networks;

/// <summary>Takes the steps of a training; parameters, what the optimiser keeps and running statistics stay in its memory.</summary>
internal interface IStepper : IDisposable
{
    /// <summary>The parameters.</summary>
    TwoSided Parameters { get; }

    /// <summary>What the optimiser keeps: <c>&lt;parameter&gt;/&lt;slot&gt;</c>.</summary>
    TwoSided Slots { get; }

    /// <summary>Running statistics of normalisations.</summary>
    TwoSided Statistics { get; }

    /// <summary>Whether batches were added up that have not made a step yet: what they gave is in no checkpoint.</summary>
    bool IsWithinStep { get; }

    /// <summary>Memory for batches: one is filled while the other is learnt from.</summary>
    IReadOnlyList<BatchBuffers> Batches { get; }

    /// <summary>Learns from a batch; nothing changes unless the result is finite.</summary>
    /// <param name="batch">Index of its memory.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="step">Number of the step that is taken, from 1.</param>
    /// <param name="last">Whether it is the epoch's last batch: what was added up so far makes a step then.</param>
    /// <param name="ct">Ends the run.</param>
    StepResult Step(int batch, double rate, long step, bool last, CancellationToken ct);
}
