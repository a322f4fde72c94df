using System.Text;

namespace Iml4e.Functions.Tracking;

/// <summary>Names and values as MLflow takes them.</summary>
internal static class MlflowText
{
    /// <summary>Longest name.</summary>
    public const int LongestName = 250;

    /// <summary>Longest value of a parameter, of old servers too.</summary>
    public const int LongestValue = 500;

    /// <summary>A name: letters, digits, <c>_ - . space /</c>; whatever else becomes <c>_</c>.</summary>
    public static string Name(string text)
    {
        var name = new StringBuilder(Math.Min(text.Length, LongestName));
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, LongestName)))
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ' ' or '/' ? c : '_');
        return name.Length == 0 ? "_" : name.ToString();
    }

    /// <summary>The value of a parameter, cut where it is too long.</summary>
    public static string Value(string text) => text.Length <= LongestValue ? text : text[..LongestValue];
}
