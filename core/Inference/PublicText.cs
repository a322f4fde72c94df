using System.Text;
using System.Text.RegularExpressions;

namespace Iml4e.Inference;

/// <summary>Makes native messages and foreign names fit to be shown: no source paths, no folders of this machine, no control characters, bounded length.</summary>
internal static partial class PublicText
{
    private const int LongestName = 120;
    private const int LongestMessage = 600;

    /// <summary>A name out of a foreign file, in quotes.</summary>
    internal static string Name(string name) => $"'{Clean(name, LongestName)}'";

    /// <summary>A message of the native runtime without what concerns only its developers.</summary>
    internal static string Message(string message)
    {
        message = SourceLocation().Replace(message, " ");
        message = ErrorCode().Replace(message, "");
        message = message.Replace(AppContext.BaseDirectory, "", StringComparison.Ordinal);
        message = MachineFolder().Replace(message, "(file)");
        message = Spaces().Replace(message, " ").Trim();
        return Clean(message, LongestMessage);
    }

    private static string Clean(string text, int longest)
    {
        var result = new StringBuilder(Math.Min(text.Length, longest) + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (result.Length >= longest)
                return result.Append('…').ToString();
            if (Rune.IsControl(rune))
                result.Append(' ');
            else
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    // "/src/core/graph/model.cc:182 onnxruntime::Model::Model(ModelProto&&, ...)" and the like; node names such as "/conv1/Conv" are left alone.
    [GeneratedRegex(@"(?:\S*/\S+\.(?:cc|cpp|cxx|h|hpp|inl)(?::\d+)?|\b\w+\.(?:cc|cpp|cxx|h|hpp|inl):\d+)(?:\s+[\w:~<>]+\([^()]*(?:\([^()]*\)[^()]*)*\))?(?:\s*\[[^\]]*\])?", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SourceLocation();

    [GeneratedRegex(@"^\[ErrorCode:\w+\]\s*|(?:Load model (?:from memory )?failed:\s*)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ErrorCode();

    [GeneratedRegex(@"(?<![\w])(?:/(?:home|usr|opt|tmp|var|root|mnt|app|srv|proc|etc|azure-functions-host)/|[A-Za-z]:\\)\S*", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex MachineFolder();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Spaces();
}
