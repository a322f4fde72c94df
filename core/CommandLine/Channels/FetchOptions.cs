namespace Iml4e.CommandLine.Channels;

/// <summary>What <c>iml4e fetch-model</c> was asked for.</summary>
/// <param name="Url">Root address of the app.</param>
/// <param name="Model">The model.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Out">File to keep up to date.</param>
/// <param name="Pins">Keys that are trusted: thumbprints, or files with a JSON Web Key, a set of them, or a public key as PEM.</param>
/// <param name="Device">Identity of this device; null = not told.</param>
/// <param name="Key">Function key of the app; null where it asks for none.</param>
internal sealed record FetchOptions(Uri Url, string Model, string Channel, FileInfo Out, IReadOnlyList<string> Pins, string? Device, string? Key);
