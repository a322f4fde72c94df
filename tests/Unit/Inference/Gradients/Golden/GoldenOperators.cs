using System.Text.Json;

namespace Iml4e.Tests.Unit.Inference.Gradients.Golden;

/// <summary>The golden file of operators, and the script that writes it.</summary>
internal static class GoldenOperators
{
    private const string Data = "operators.jsonl";
    private const string Program = "operators.py";

    private static readonly Lazy<IReadOnlyList<GoldenCase>> Read = new(
        () => [.. Lines(Path.Combine(Folder, Data)).Select(line => new GoldenCase(line))]);

    /// <summary>All cases, in the file's order.</summary>
    internal static IReadOnlyList<GoldenCase> All => Read.Value;

    /// <summary>Where the file is.</summary>
    internal static string File => Path.Combine(Folder, Data);

    /// <summary>Where the script is.</summary>
    internal static string Script => Path.Combine(Folder, Program);

    /// <summary>The lines of such a file.</summary>
    internal static IEnumerable<JsonElement> Lines(string path) => System.IO.File.ReadLines(path).Select(line => JsonElement.Parse(line));

    private static string Folder
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                var golden = Path.Combine(folder.FullName, "tests", "Unit", "Inference", "Gradients", "Golden");
                if (Directory.Exists(golden))
                    return golden;
            }

            throw new DirectoryNotFoundException("the golden files are not in the repository");
        }
    }
}
