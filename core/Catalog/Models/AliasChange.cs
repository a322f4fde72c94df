namespace Iml4e.Catalog;

/// <summary>A move of an alias, asked for.</summary>
/// <param name="Alias">The alias, named as a resource.</param>
/// <param name="Version">Where it shall point; null removes it.</param>
/// <param name="ExpectedVersion">Where it must point now; null = it must not be set; <see cref="ModelRegistry.AnyVersion"/> = wherever.</param>
public sealed record AliasMove(string Alias, string? Version, string? ExpectedVersion);

/// <summary>A move of an alias, done.</summary>
public sealed record AliasChange
{
    /// <summary>Counts the moves of the model's aliases: 1, 2, …; 0 when nothing had ever to be moved.</summary>
    public required long Sequence { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The alias.</summary>
    public required string Alias { get; init; }

    /// <summary>Where it pointed; null = it was not set.</summary>
    public string? From { get; init; }

    /// <summary>Where it points; null = it was removed.</summary>
    public string? To { get; init; }

    /// <summary>Who moved it.</summary>
    public required string Actor { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>False when the alias pointed there already, as it does when the same move is asked for a second time.</summary>
    public bool Changed { get; init; } = true;
}
