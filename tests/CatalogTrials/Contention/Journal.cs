using System.Globalization;
using System.Text;

namespace Iml4e.CatalogTrials.Contention;

/// <summary>What a writer was told has been done: a line each, of fields between tabs.</summary>
internal sealed class Journal(string path) : IDisposable
{
    private readonly StreamWriter file = new(path, append: false, new UTF8Encoding(false));
    private readonly Lock one = new();

    public void Write(string what, params object[] fields)
    {
        var line = string.Join('\t', fields.Prepend(what).Select(f => Convert.ToString(f, CultureInfo.InvariantCulture)));
        lock (one)
            file.WriteLine(line);
    }

    public void Dispose() => file.Dispose();

    /// <summary>The lines of several journals.</summary>
    public static IEnumerable<string[]> Read(IEnumerable<string> paths) => paths.SelectMany(File.ReadLines).Select(line => line.Split('\t'));
}
