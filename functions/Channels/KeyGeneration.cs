namespace Iml4e.Functions.Channels;

/// <summary>Whether the app may make a signing key itself and keep it in its catalogue: on one machine yes, in a cloud the settings give one.</summary>
internal sealed record KeyGeneration(bool IsAllowed);
