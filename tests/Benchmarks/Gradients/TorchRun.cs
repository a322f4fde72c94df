namespace Iml4e.Benchmarks.Gradients;

/// <summary>What PyTorch gave.</summary>
/// <param name="Gradients">Gradients, in the order asked for.</param>
/// <param name="Milliseconds">Each timed run, forward and backward.</param>
/// <param name="Forward">Each timed run forward alone.</param>
internal sealed record TorchRun(float[][] Gradients, double[] Milliseconds, double[] Forward);
