namespace Iml4e.CommandLine.Simulation;

/// <summary>A refurbishment: from an hour on the envelope leaks less and heat is made another way.</summary>
/// <param name="At">First hour after the change, UTC.</param>
/// <param name="HeatLossFactor">New heat loss over the old one, above 0.</param>
/// <param name="System">New heating system.</param>
internal sealed record BuildingChange(DateTime At, double HeatLossFactor, HeatingSystem System);
