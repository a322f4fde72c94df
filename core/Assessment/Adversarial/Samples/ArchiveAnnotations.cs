using System.Globalization;
using System.Text;
using System.Text.Json;
using Iml4e.Assessment.Adversarial.Detection;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>What is there in the images of an archive, by their names.</summary>
internal sealed class ArchiveAnnotations
{
    private readonly Dictionary<string, int> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<TrueObject>>? _objects;

    private ArchiveAnnotations(Dictionary<string, List<TrueObject>>? objects) => _objects = objects;

    /// <summary>Class of an image.</summary>
    internal int? Label(string id) => _labels.TryGetValue(id, out var label) ? label : null;

    /// <summary>What is there; null without annotations, or where the image is not among them.</summary>
    internal IReadOnlyList<TrueObject>? Objects(string id) => _objects?.GetValueOrDefault(id);

    /// <summary>Reads a file of annotations.</summary>
    /// <exception cref="InvalidDataException">It is none; says why.</exception>
    internal static ArchiveAnnotations Read((string Name, byte[] Content)? file)
    {
        if (file is not { } f)
            return new ArchiveAnnotations(null);
        return f.Name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? Labels(f.Content) : Coco(f.Content);
    }

    private static ArchiveAnnotations Labels(byte[] content)
    {
        var lines = Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var result = new ArchiveAnnotations(null);
        if (lines.Length == 0 || lines[0].Split(',') is not ["file", "label"])
            throw new InvalidDataException("a table of labels begins with the line file,label");
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Split(',') is not [{ Length: > 0 } name, var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var label))
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"labels, line {i + 1}: a file's name and a class from 0 are expected"));
            result._labels[Path.GetFileNameWithoutExtension(name)] = label;
        }

        return result;
    }

    // Numbers of categories have gaps; classes are their places in the order of the numbers, which is the order that models are trained in.
    private static ArchiveAnnotations Coco(byte[] content)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            var root = document.RootElement;
            var names = root.GetProperty("images").EnumerateArray().ToDictionary(
                i => i.GetProperty("id").GetInt64(), i => Path.GetFileNameWithoutExtension(i.GetProperty("file_name").GetString() ?? ""));
            var numbers = root.GetProperty("categories").EnumerateArray().Select(c => c.GetProperty("id").GetInt64()).Order().ToList();
            var objects = names.Values.Distinct().ToDictionary(n => n, _ => new List<TrueObject>(), StringComparer.Ordinal);
            foreach (var each in root.GetProperty("annotations").EnumerateArray())
            {
                if (!names.TryGetValue(each.GetProperty("image_id").GetInt64(), out var name))
                    continue;
                var box = each.GetProperty("bbox").EnumerateArray().Select(v => v.GetDouble()).ToArray();
                var kind = numbers.IndexOf(each.GetProperty("category_id").GetInt64());
                if (box.Length != 4 || kind < 0)
                    throw new InvalidDataException("an annotation has no box of four numbers, or no known category");
                var crowd = each.TryGetProperty("iscrowd", out var c) && c.ValueKind == JsonValueKind.Number && c.GetInt32() != 0;
                objects[name].Add(new TrueObject(new Box(box[0], box[1], box[0] + box[2], box[1] + box[3]), kind, crowd, crowd)
                {
                    Area = each.TryGetProperty("area", out var area) && area.ValueKind == JsonValueKind.Number ? area.GetDouble() : null,
                });
            }

            return new ArchiveAnnotations(objects);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("the annotations are no COCO document: images, categories and annotations are expected", e);
        }
    }
}
