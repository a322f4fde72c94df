using System.Globalization;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.Extensions.Configuration;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>
/// Reads values of host.json by their path, such as <c>extensions.http.routePrefix</c>. What is wrong is collected with its path and what would be right,
/// to be told all at once.
/// </summary>
internal sealed class HostJson(IConfiguration configuration)
{
    private readonly List<string> errors = [];

    /// <summary>What is wrong so far.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>A text, with <c>%setting%</c> replaced by what the configuration says; null when it is not given.</summary>
    public string? Text(string path)
    {
        if (Given(path, "a text") is not { } text)
            return null;
        try
        {
            return SettingsResolver.Resolve(text, configuration);
        }
        catch (FunctionBindingException exception)
        {
            errors.Add($"{path}: {exception.Message}");
            return null;
        }
    }

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="fallback">What holds when it is not given.</param>
    /// <param name="least">The smallest that is right.</param>
    /// <param name="unbounded">Whether -1 is right too, for no bound.</param>
    public int Number(string path, int fallback, int least, bool unbounded = false)
    {
        var right = string.Create(CultureInfo.InvariantCulture, $"a whole number of at least {least}{(unbounded ? ", or -1 for no bound" : "")}");
        if (Given(path, right) is not { } text)
            return fallback;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && (value >= least || (unbounded && value == -1))
            ? value
            : Wrong(path, text, right, fallback);
    }

    public bool Flag(string path, bool fallback) =>
        Given(path, "true or false") is not { } text ? fallback
        : bool.TryParse(text, out var value) ? value
        : Wrong(path, text, "true or false", fallback);

    /// <summary>One of the names of an enumeration, in any case.</summary>
    public T Choice<T>(string path, T fallback)
        where T : struct, Enum
    {
        var right = string.Join(" or ", Enum.GetNames<T>());
        if (Given(path, right) is not { } text)
            return fallback;
        var name = Enum.GetNames<T>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return name is null ? Wrong(path, text, right, fallback) : Enum.Parse<T>(name);
    }

    /// <summary>A time span <c>hh:mm:ss</c> of at least <paramref name="least"/>.</summary>
    public TimeSpan Duration(string path, TimeSpan fallback, TimeSpan least) => Duration(path, fallback, least, unbounded: false)!.Value;

    /// <summary>A time span <c>hh:mm:ss</c> above zero; null for -1, no bound.</summary>
    public TimeSpan? Bound(string path, TimeSpan? fallback) => Duration(path, fallback, TimeSpan.FromTicks(1), unbounded: true);

    /// <summary>A number of days above zero; null for -1, for ever.</summary>
    public TimeSpan? Days(string path, TimeSpan? fallback)
    {
        const string Right = "a number of days, or -1 to keep for ever";
        if (Given(path, Right) is not { } text)
            return fallback;
        if (text == "-1")
            return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var days) && days is > 0 and < 36500
            ? TimeSpan.FromDays(days)
            : Wrong(path, text, Right, fallback);
    }

    /// <summary>Notes that a value is wrong.</summary>
    /// <returns>The fallback.</returns>
    public T Wrong<T>(string path, string given, string right, T fallback)
    {
        errors.Add($"{path} is '{given}'; it must be {right}");
        return fallback;
    }

    /// <exception cref="InvalidOperationException">Something is wrong; the message has all of it.</exception>
    public void ThrowIfWrong()
    {
        if (errors.Count > 0)
            throw new InvalidOperationException("host.json: " + string.Join("; ", errors));
    }

    private TimeSpan? Duration(string path, TimeSpan? fallback, TimeSpan least, bool unbounded)
    {
        var right = least == TimeSpan.Zero ? "hh:mm:ss" : "hh:mm:ss above zero";
        if (unbounded)
            right += ", or -1 for no bound";
        if (Given(path, right) is not { } text)
            return fallback;
        if (unbounded && text == "-1")
            return null;

        // TimeSpan reads "5" as five days, which nobody means here.
        return text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= least
            ? value
            : Wrong(path, text, right, fallback);
    }

    // Null and the empty text are not given; an object or a list is wrong wherever a value is asked for.
    private string? Given(string path, string right)
    {
        var entry = configuration.GetSection(HostSettings.Section + ":" + path.Replace('.', ':'));
        if (entry.Value is { Length: > 0 } text)
            return text;
        if (entry.GetChildren().Any())
            Wrong(path, "{…}", right, 0);
        return null;
    }
}
