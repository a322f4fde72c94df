using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// A path <c>container/blob</c> in which <c>{name}</c> stands for a value. As a pattern it matches blobs, <c>{name}</c> across '/';
/// as a template it makes a path from values, <c>{rand-guid}</c> and <c>{DateTime}</c> among them.
/// </summary>
internal sealed class BlobPath
{
    private readonly List<(bool IsName, string Text)> parts;
    private readonly Lazy<Regex> pattern;

    private BlobPath(string text, string container, List<(bool IsName, string Text)> parts)
    {
        Text = text;
        Container = container;
        this.parts = parts;
        var regex = new StringBuilder("^");
        foreach (var (isName, part) in parts)
            regex.Append(isName ? $"(?<{GroupOf(part)}>.+)" : Regex.Escape(part));

        // Patterns come from the app and names from callers; without backtracking no name can make a match take long.
        pattern = new Lazy<Regex>(() =>
            new Regex(regex.Append('$').ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline));
    }

    /// <summary>The path as written, settings replaced.</summary>
    public string Text { get; }

    /// <summary>The container.</summary>
    public string Container { get; }

    /// <summary>Whether the path names a container alone.</summary>
    public bool IsContainer => parts.Count == 0;

    /// <summary>What every matching blob's name begins with.</summary>
    public string Prefix => parts is [(false, var first), ..] ? first : "";

    /// <summary>The names in braces.</summary>
    public IEnumerable<string> Names => parts.Where(part => part.IsName).Select(part => part.Text);

    /// <summary>Parses a path; throws <see cref="FormatException"/> that says what is wrong.</summary>
    public static BlobPath Parse(string text, bool isPattern)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var container = slash < 0 ? text : text[..slash];
        if (!IsContainerName(container))
            throw new FormatException($"'{container}' in the blob path '{text}' is not the name of a container");
        var parts = slash < 0 || slash == text.Length - 1 ? [] : Split(text, text[(slash + 1)..]);
        if (isPattern)
        {
            if (parts.Count == 0)
                throw new FormatException($"the blob path '{text}' names no blob; 'container/{{name}}' takes all of them");
            for (var i = 1; i < parts.Count; i++)
            {
                if (parts[i].IsName && parts[i - 1].IsName)
                    throw new FormatException($"in the blob path '{text}' nothing stands between '{{{parts[i - 1].Text}}}' and '{{{parts[i].Text}}}'");
            }

            if (parts.Where(part => part.IsName).GroupBy(part => part.Text, StringComparer.OrdinalIgnoreCase).Any(group => group.Count() > 1))
                throw new FormatException($"a name comes twice in the blob path '{text}'");
        }

        return new BlobPath(text, container, parts);
    }

    /// <summary>The values of the names when a blob fits; null when it does not.</summary>
    public IReadOnlyDictionary<string, object?>? Match(string blob)
    {
        var match = pattern.Value.Match(blob);
        if (!match.Success)
            return null;
        var values = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in Names)
            values[name] = match.Groups[GroupOf(name)].Value;
        return values;
    }

    /// <summary>The blob's name with the values filled in; throws <see cref="InvalidOperationException"/> for a value that is not there.</summary>
    public string Fill(IReadOnlyDictionary<string, object?> values, DateTimeOffset now)
    {
        var name = new StringBuilder();
        foreach (var (isName, part) in parts)
            name.Append(isName ? ValueOf(part, values, now) : part);
        return name.ToString();
    }

    /// <summary>Whether a name needs no value of the trigger.</summary>
    public static bool IsSystemName(string name) => name.Split(':')[0].ToLowerInvariant() is "rand-guid" or "datetime";

    private static string GroupOf(string name) => "n_" + Convert.ToHexString(Encoding.UTF8.GetBytes(name));

    private string ValueOf(string part, IReadOnlyDictionary<string, object?> values, DateTimeOffset now)
    {
        var colon = part.IndexOf(':', StringComparison.Ordinal);
        var (name, format) = colon < 0 ? (part, null) : (part[..colon], part[(colon + 1)..]);
        if (values.TryGetValue(name, out var value) && value is not null)
            return value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value.ToString()!;
        if (name.Equals("rand-guid", StringComparison.OrdinalIgnoreCase))
            return Guid.NewGuid().ToString(format ?? "D", CultureInfo.InvariantCulture);
        if (name.Equals("datetime", StringComparison.OrdinalIgnoreCase))
            return now.UtcDateTime.ToString(format ?? "yyyy-MM-ddTHH-mm-ssZ", CultureInfo.InvariantCulture);
        throw new InvalidOperationException($"The blob path '{Text}' needs a value for '{name}'.");
    }

    private static List<(bool IsName, string Text)> Split(string whole, string blob)
    {
        var parts = new List<(bool, string)>();
        var literal = new StringBuilder();
        for (var i = 0; i < blob.Length; i++)
        {
            if (i + 1 < blob.Length && blob[i] == blob[i + 1] && blob[i] is '{' or '}')
            {
                literal.Append(blob[i++]);
            }
            else if (blob[i] == '{')
            {
                var end = blob.IndexOf('}', i);
                if (end < 0 || end == i + 1)
                    throw new FormatException($"a brace in the blob path '{whole}' is not closed, or holds no name");
                if (literal.Length > 0)
                    parts.Add((false, literal.ToString()));
                literal.Clear();
                parts.Add((true, blob[(i + 1)..end]));
                i = end;
            }
            else if (blob[i] == '}')
            {
                throw new FormatException($"a brace in the blob path '{whole}' was never opened");
            }
            else
            {
                literal.Append(blob[i]);
            }
        }

        if (literal.Length > 0)
            parts.Add((false, literal.ToString()));
        return parts;
    }

    private static bool IsContainerName(string name) => name is "$root" or "$web"
        || (name.Length is >= 3 and <= 63 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal));
}
