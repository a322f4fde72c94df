using System.Globalization;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Reads the query parameters of a request; one that cannot be read is the caller's mistake and is told by its name.</summary>
internal readonly struct ManagementQuery(HttpRequest request)
{
    private static readonly string StatusNames = string.Join(", ", Enum.GetNames<OrchestrationRuntimeStatus>());

    /// <summary>A text; null when it is absent or empty.</summary>
    public string? Text(string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <exception cref="ParameterValueException">Neither true nor false.</exception>
    public bool Flag(string name, bool fallback) =>
        Text(name) is not { } text ? fallback
        : bool.TryParse(text, out var value) ? value
        : throw new ParameterValueException(name, $"{name} is '{text}'; it must be true or false.");

    /// <summary>A time span that is given in seconds; null when it is absent.</summary>
    /// <exception cref="ParameterValueException">Not a number of 0 or more.</exception>
    public TimeSpan? Seconds(string name, double most)
    {
        if (Text(name) is not { } text)
            return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? TimeSpan.FromSeconds(Math.Min(value, most))
            : throw new ParameterValueException(name, $"{name} is '{text}'; it must be a number of seconds.");
    }

    /// <summary>A number from <paramref name="least"/> on; one above <paramref name="most"/> counts as that.</summary>
    /// <exception cref="ParameterValueException">Not such a number.</exception>
    public int Count(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } text)
            return fallback;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least
            ? (int)Math.Min(value, most)
            : throw new ParameterValueException(name, FormattableString.Invariant($"{name} is '{text}'; it must be a number of {least} or more."));
    }

    /// <summary>A time, taken for UTC when it names no zone; null when it is absent.</summary>
    /// <exception cref="ParameterValueException">Not a time.</exception>
    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value)
            ? value
            : throw new ParameterValueException(name, $"{name} is '{text}'; it must be a time such as 2026-01-31T12:00:00Z.");
    }

    /// <summary>Statuses by name, separated by commas; null when none is given.</summary>
    /// <exception cref="ParameterValueException">Not the name of a status.</exception>
    public List<OrchestrationRuntimeStatus>? Statuses(string name)
    {
        if (Text(name) is not { } text)
            return null;
        var statuses = new List<OrchestrationRuntimeStatus>();
        foreach (var word in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Enum.TryParse<OrchestrationRuntimeStatus>(word, ignoreCase: true, out var status) || !Enum.IsDefined(status) || !char.IsAsciiLetter(word[0]))
                throw new ParameterValueException(name, $"{name} has '{word}'; it must be of {StatusNames}.");
            statuses.Add(status);
        }

        return statuses;
    }
}
