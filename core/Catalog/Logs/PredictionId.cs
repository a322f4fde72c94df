using System.Diagnostics.CodeAnalysis;

namespace Iml4e.Catalog;

/// <summary>
/// The name of a prediction: "{model}.{26 characters}", Crockford base 32 of 48 bits Unix milliseconds, 40 bits worker, 40 bits sequence. It says by itself
/// where the prediction's records are logged.
/// </summary>
/// <param name="Model">The model.</param>
/// <param name="UnixMilliseconds">When it was made.</param>
/// <param name="Worker">The process that made it.</param>
/// <param name="Sequence">Counts within the process.</param>
public readonly record struct PredictionId(string Model, long UnixMilliseconds, ulong Worker, ulong Sequence)
{
    internal const ulong Mask40 = (1UL << 40) - 1;
    private const int Digits = 26;
    private const long MaxMilliseconds = 253_402_300_799_999;

    /// <summary>When it was made.</summary>
    public DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);

    internal string WorkerText => Crockford.Text(Worker, 8);

    /// <summary>Reads an id; touches no storage. Lower-case digits are understood too.</summary>
    /// <exception cref="FormatException">The text is no prediction id.</exception>
    public static PredictionId Parse(string? text)
        => TryParse(text, out var id) ? id : throw new FormatException($"{ResourceName.Quote(text)} is not a prediction id");

    /// <summary>Reads an id; false when the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PredictionId id)
    {
        id = default;
        if (text is null || text.Length is < Digits + 2 or > 63 + 1 + Digits || text[^(Digits + 1)] != '.')
            return false;
        var model = text[..^(Digits + 1)];
        var digits = text.AsSpan(text.Length - Digits);
        return ResourceName.IsValid(model) && TryRead(model, digits, out id);
    }

    /// <summary>Reads an id of a known model, whose name it then shares; false when the text is none.</summary>
    internal static bool TryParse(string text, string model, out PredictionId id)
    {
        id = default;
        if (text.Length != model.Length + 1 + Digits || !text.StartsWith(model, StringComparison.Ordinal) || text[model.Length] != '.'
            || !ResourceName.IsValid(model))
            return false;
        return TryRead(model, text.AsSpan(model.Length + 1), out id);
    }

    /// <summary>Whether an id that could be read is written as <see cref="ToString"/> writes it.</summary>
    internal static bool IsCanonical(string text) => text.AsSpan(text.Length - Digits).IndexOfAnyInRange('a', 'z') < 0;

    private static bool TryRead(string model, ReadOnlySpan<char> digits, out PredictionId id)
    {
        id = default;
        if (!Crockford.TryRead(digits[..10], out var milliseconds)
            || !Crockford.TryRead(digits[10..18], out var worker)
            || !Crockford.TryRead(digits[18..], out var sequence)
            || milliseconds > MaxMilliseconds)
            return false;
        id = new PredictionId(model, (long)milliseconds, worker, sequence);
        return true;
    }

    /// <summary>The text.</summary>
    public override string ToString()
        => string.Create(Model.Length + 1 + Digits, this, static (to, id) =>
        {
            id.Model.CopyTo(to);
            to[id.Model.Length] = '.';
            to = to[(id.Model.Length + 1)..];
            Crockford.Write((ulong)id.UnixMilliseconds, to[..10]);
            Crockford.Write(id.Worker, to[10..18]);
            Crockford.Write(id.Sequence, to[18..]);
        });
}
