namespace Iml4e.Assessment.Triggers;

/// <summary>
/// Patterns of paths as in <c>.gitignore</c> and CI files: <c>*</c> stands for any characters but a slash, <c>?</c> for one of them, <c>**</c> for any number of
/// folders. Upper and lower case differ. Takes time in proportion to pattern times path, whatever the pattern.
/// </summary>
public static class PathGlob
{
    /// <summary>What a pattern must be.</summary>
    public const string Expected = "a path pattern of 1 to 250 characters such as pipelines/bldg/**, without a leading slash";

    private const int Longest = 250;
    private const int LongestPath = 4096;

    /// <summary>Whether the text can be used as a pattern.</summary>
    public static bool IsValid(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return pattern.Length is > 0 and <= Longest && pattern[0] != '/' && !pattern.Any(c => char.IsControl(c) || c == '\\');
    }

    /// <summary>Whether the whole path fits the pattern.</summary>
    public static bool Matches(string pattern, string path)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length > LongestPath)
            return false;
        // reached[i]: the pattern read so far fits the first i characters.
        var reached = new bool[path.Length + 1];
        reached[0] = true;
        for (var at = 0; at < pattern.Length; at++)
        {
            var next = new bool[path.Length + 1];
            if (pattern[at] == '*')
            {
                var deep = at + 1 < pattern.Length && pattern[at + 1] == '*';
                at += deep ? 1 : 0;
                // "**/" may stand for no folder at all.
                var folders = deep && at + 1 < pattern.Length && pattern[at + 1] == '/' && (at < 2 || pattern[at - 2] == '/');
                at += folders ? 1 : 0;
                var open = false;
                for (var i = 0; i <= path.Length; i++)
                {
                    open = (open && (deep || path[i - 1] != '/')) || reached[i];
                    next[i] = folders ? reached[i] || (open && i > 0 && path[i - 1] == '/') : open;
                }
            }
            else
            {
                for (var i = 0; i < path.Length; i++)
                    next[i + 1] = reached[i] && (pattern[at] == '?' ? path[i] != '/' : pattern[at] == path[i]);
            }

            reached = next;
        }

        return reached[path.Length];
    }
}
