namespace Iml4e.CommandLine.Demo;

/// <summary>An acknowledged prediction whose meter readings have not come yet.</summary>
/// <param name="Id">Prediction id.</param>
/// <param name="Zone">Index of the zone.</param>
/// <param name="Day">Live day that was predicted.</param>
/// <param name="DueDay">Live day on which the readings come.</param>
/// <param name="Version">Model version that predicted.</param>
/// <param name="KilowattHours">The prediction, 24 values.</param>
internal sealed record PendingPrediction(string Id, int Zone, int Day, int DueDay, string Version, double[] KilowattHours);
