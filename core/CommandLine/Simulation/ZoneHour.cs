namespace Iml4e.CommandLine.Simulation;

/// <summary>What happened in a zone in one step: the new temperatures and the mean heat flows into the zone, W.</summary>
/// <param name="State">Temperatures at the end of the step.</param>
/// <param name="HeatingWatts">Heat from the radiators.</param>
/// <param name="GainWatts">Heat from sun, people and machines.</param>
/// <param name="LossWatts">Heat lost to the outdoors; negative when the outdoors heat the zone.</param>
internal readonly record struct ZoneHour(ZoneState State, double HeatingWatts, double GainWatts, double LossWatts);
