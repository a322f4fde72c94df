namespace Iml4e.Assessment;

/// <summary>One thing that is wrong in a document a person wrote.</summary>
/// <param name="Path">The JSON path of the field, such as "experiment.stages[1]".</param>
/// <param name="Message">What would be right.</param>
public readonly record struct ConfigurationError(string Path, string Message);
