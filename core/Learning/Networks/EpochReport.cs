namespace Iml4e.Learning.Networks;

/// <summary>An epoch of training.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="TrainLoss">Mean loss of its batches.</param>
/// <param name="ValidationLoss">Mean loss of the validation examples after it; null without any.</param>
/// <param name="Metric">Accuracy of classes, or root of the mean squared error, on the validation examples; null without any.</param>
/// <param name="LearningRate">Learning rate of its last step.</param>
/// <param name="Seconds">How long it took, validation not included.</param>
public sealed record EpochReport(int Epoch, double TrainLoss, double? ValidationLoss, double? Metric, double LearningRate, double Seconds);
