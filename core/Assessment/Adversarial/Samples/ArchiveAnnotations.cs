using System.Globalization;
using System.Text;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Json;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>What is there in the images of an archive, by their names.</summary>
internal sealed class ArchiveAnnotations
{
    private readonly Dictionary<string, int> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<TrueObject>>? _objects;

    private ArchiveAnnotations(Dictionary<string, List<TrueObject>>? objects) => _objects = objects;

    /// <summary>Names of the classes of objects; empty without annotations of objects.</summary>
    internal IReadOnlyList<string> Classes { get; private init; } = [];

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
            if (lines[i].Split(',') is not [{ Length: > 0 } name, var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture,
                out var label))
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"labels, line {i + 1}: a file's name and a class from 0 are expected"));
            result._labels[Path.GetFileNameWithoutExtension(name)] = label;
        }

        return result;
    }

    // Numbers of categories have gaps; classes are their places in the order of the numbers, which is the order that models are trained in.
    private static ArchiveAnnotations Coco(byte[] content)
    {
        CocoDataset truth;
        try
        {
            using var stream = new MemoryStream(content, writable: false);
            truth = CocoGroundTruthReader.Read(stream, new CocoReadOptions { Kind = CocoEvaluationKind.Boxes }).Dataset;
        }
        catch (CocoFormatException e)
        {
            throw new InvalidDataException($"the annotations: {e.Message}", e);
        }

        var names = truth.Images.ToDictionary(i => i.Id, i => Path.GetFileNameWithoutExtension(i.FileName ?? ""));
        var classes = truth.Categories.Select((c, place) => (c.Id, Place: place)).ToDictionary(c => c.Id, c => c.Place);
        var objects = names.Values.Distinct().ToDictionary(n => n, _ => new List<TrueObject>(), StringComparer.Ordinal);
        foreach (var each in truth.Annotations)
        {
            var box = each.Box;
            objects[names[each.ImageId]].Add(
                new TrueObject(new Box(box.X, box.Y, box.X + box.Width, box.Y + box.Height), classes[each.CategoryId], each.IsCrowd) { Area = each.Area });
        }

        return new ArchiveAnnotations(objects) { Classes = [.. truth.Categories.Select(c => c.Name)] };
    }
}
