namespace Iml4e.Reporting.Charts;

/// <summary>How wide a text will be, near enough to place it: layout must not depend on the fonts of who draws.</summary>
internal static class TextSize
{
    /// <summary>Width in points at a font size, for a humanist sans serif.</summary>
    public static double Width(string text, double size)
    {
        var width = 0.0;
        foreach (var c in text)
        {
            width += c switch
            {
                'i' or 'j' or 'l' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' => 0.30,
                'f' or 't' or 'r' or '(' or ')' or ' ' or '-' or '/' => 0.38,
                'm' or 'w' or 'M' or 'W' or '%' or '@' => 0.90,
                >= 'A' and <= 'Z' => 0.68,
                >= '\u2E80' => 1.0,
                _ => 0.58,
            };
        }
        return width * size;
    }

    /// <summary>The text, or its beginning with an ellipsis where it would be wider.</summary>
    public static string Fit(string text, double size, double width)
    {
        if (Width(text, size) <= width)
            return text;
        var length = text.Length;
        while (length > 1 && Width(text[..length], size) + size > width)
            length--;
        // A surrogate pair is kept whole or left out.
        if (length > 1 && char.IsHighSurrogate(text[length - 1]))
            length--;
        return text[..length] + "…";
    }
}
