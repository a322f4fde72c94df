namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>Payloads in messages: long ones are cut.</summary>
internal static class Shortened
{
    private const int Length = 300;

    public static string Of(string? json) => json switch
    {
        null => "none",
        { Length: > Length } => json[..Length] + "…",
        _ => json,
    };
}
