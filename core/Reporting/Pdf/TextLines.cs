namespace Iml4e.Reporting.Pdf;

/// <summary>Breaks text into lines.</summary>
internal static class TextLines
{
    /// <summary>The lines of a text; words that are wider than a line are broken.</summary>
    /// <param name="text">Line feeds break too.</param>
    /// <param name="font">Its font.</param>
    /// <param name="size">Its size.</param>
    /// <param name="width">Width of a line.</param>
    public static List<string> Break(string text, PdfFont font, double size, double width)
    {
        var lines = new List<string>();
        foreach (var paragraph in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var line = "";
            foreach (var word in paragraph.Split(' '))
            {
                var longer = line.Length == 0 ? word : line + " " + word;
                if (font.Width(longer, size) <= width)
                {
                    line = longer;
                    continue;
                }

                if (line.Length > 0)
                    lines.Add(line);
                line = word;
                while (font.Width(line, size) > width)
                {
                    var taken = Fitting(line, font, size, width);
                    if (taken == line.Length)
                        break;
                    lines.Add(line[..taken]);
                    line = line[taken..];
                }
            }

            lines.Add(line);
        }

        return lines;
    }

    /// <summary>Width of the widest word.</summary>
    public static double WidestWord(string text, PdfFont font, double size) =>
        text.Split([' ', '\n', '\r']).Max(word => font.Width(word, size));

    // At least one sign, whatever its width; better behind a sign that words are composed with.
    private static int Fitting(string word, PdfFont font, double size, double width)
    {
        var (taken, good) = (0, 0);
        double so = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            so += font.Width(rune.ToString(), size);
            if (so > width && taken > 0)
                break;
            taken += rune.Utf16SequenceLength;
            if (rune.Value is '-' or '/' or '_' or '.' or ',' or ':' or ';')
                good = taken;
        }

        return good > taken / 2 && taken < word.Length ? good : taken;
    }
}
