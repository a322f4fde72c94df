using System.Text;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Bounds for searches in an index of texts, which is in order of code points.</summary>
internal static class TextRange
{
    /// <summary>The first text after all those that begin with the prefix; null when nothing comes after them.</summary>
    public static string? AfterPrefix(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToList();
        for (var last = runes.Count - 1; last >= 0; last--)
        {
            if (runes[last].Value == 0x10FFFF)
                continue;
            var next = runes[last].Value + 1;
            return string.Concat(runes.Take(last)) + new Rune(next == 0xD800 ? 0xE000 : next);
        }

        return null;
    }
}
