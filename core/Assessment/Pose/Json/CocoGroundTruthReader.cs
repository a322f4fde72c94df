using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>Reads a COCO ground truth as it passes: of the file little more than what is kept is in memory.</summary>
public sealed class CocoGroundTruthReader
{
    // Of sets without masks, xtcocotools' rule.
    private const double AreaOfBox = 0.53;

    private const double HeadOfBox = 0.6;

    // Curves of each are in memory at once.
    private const int MostCategories = 20_000;

    private readonly CocoReadOptions options;
    private readonly JsonTokens tokens;
    private readonly RecordReader record;
    private readonly FaultLog faults = new();
    private readonly Dictionary<long, CocoImage> images = [];
    private readonly Dictionary<long, CocoCategory> categories = [];
    private readonly List<CocoAnnotation> annotations = [];

    // Of each annotation, in its list.
    private readonly List<int> places = [];
    private long records;
    private int repeated;
    private int withoutArea;

    private CocoGroundTruthReader(Stream stream, CocoReadOptions options)
    {
        this.options = options;
        tokens = new JsonTokens(stream);
        record = new RecordReader(tokens);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="stream">UTF-8 JSON: an object with images, annotations and categories; other members are passed over.</param>
    /// <param name="options">What it is read for.</param>
    /// <exception cref="CocoFormatException">The file is not such, or records are wrong and not to be left out.</exception>
    public static CocoGroundTruth Read(Stream stream, CocoReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        return new CocoGroundTruthReader(stream, options).Read();
    }

    private CocoGroundTruth Read()
    {
        var there = new HashSet<string>(StringComparer.Ordinal);
        CocoJson.Guard(() =>
        {
            var reader = tokens.Start();
            tokens.Next(ref reader);
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new CocoFormatException("A ground truth is an object with the lists images, annotations and categories.");
            for (tokens.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; tokens.Next(ref reader))
            {
                var name = reader.GetString()!;
                if (name is not ("images" or "annotations" or "categories"))
                {
                    record.Pass(ref reader);
                    continue;
                }

                if (!there.Add(name))
                    throw new CocoFormatException($"The list {name} is there twice.");
                ReadList(ref reader, name);
            }

            CocoJson.End(tokens, ref reader);
        });
        foreach (var name in (string[])["images", "annotations", "categories"])
        {
            if (!there.Contains(name))
                throw new CocoFormatException($"The list {name} is not there.");
        }

        var kept = Checked();
        faults.Settle(options.SkipInvalid, records);
        return new CocoGroundTruth(new CocoDataset(images.Values, categories.Values, kept), Warnings(), faults.First, faults.Count);
    }

    private void ReadList(ref Utf8JsonReader reader, string name)
    {
        tokens.Next(ref reader);
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new CocoFormatException($"{name} must be a list.");
        var place = 0;
        for (tokens.Next(ref reader); reader.TokenType != JsonTokenType.EndArray; tokens.Next(ref reader))
        {
            record.Begin();
            records++;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                record.Note("", "must be an object");
                tokens.Skip(ref reader);
            }
            else if (name == "images")
                ReadImage(ref reader);
            else if (name == "categories")
                ReadCategory(ref reader);
            else
                ReadAnnotation(ref reader, place);
            if (record.Fault is { } fault)
                faults.Add(CocoJson.FaultOf(name, place, fault));
            place++;
        }
    }

    private void ReadImage(ref Utf8JsonReader reader)
    {
        long? id = null;
        long width = 0, height = 0;
        string? file = null;
        for (tokens.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; tokens.Next(ref reader))
        {
            if (reader.ValueTextEquals("id"u8))
                id = record.Integer(ref reader, "id");
            else if (reader.ValueTextEquals("width"u8))
                width = record.Integer(ref reader, "width") ?? 0;
            else if (reader.ValueTextEquals("height"u8))
                height = record.Integer(ref reader, "height") ?? 0;
            else if (reader.ValueTextEquals("file_name"u8))
                file = record.Text(ref reader, "file_name");
            else
                record.Pass(ref reader);
        }

        if (id is null)
            record.Note("id", "must be there");
        if (width is < 0 or > int.MaxValue || height is < 0 or > int.MaxValue)
            record.Note(width is < 0 or > int.MaxValue ? "width" : "height", "must be a size in pixels");
        if (record.Fault is not null)
            return;
        var image = new CocoImage(id!.Value, (int)width, (int)height, file);
        if (images.TryAdd(image.Id, image))
            return;
        if (images[image.Id] is var other && (other.Width != image.Width || other.Height != image.Height))
        {
            record.Note(
                "id",
                string.Create(
                    CultureInfo.InvariantCulture, $"{image.Id} is there twice, with the sizes {other.Width} x {other.Height} and {width} x {height}"));
        }
        else
        {
            repeated++;
        }
    }

    private void ReadCategory(ref Utf8JsonReader reader)
    {
        long? id = null;
        var name = "";
        List<string> keypoints = [];
        List<(int, int)> links = [];
        for (tokens.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; tokens.Next(ref reader))
        {
            if (reader.ValueTextEquals("id"u8))
                id = record.Integer(ref reader, "id");
            else if (reader.ValueTextEquals("name"u8))
                name = record.Text(ref reader, "name") ?? "";
            else if (reader.ValueTextEquals("keypoints"u8))
                keypoints = ReadNames(ref reader);
            else if (reader.ValueTextEquals("skeleton"u8))
                links = ReadLinks(ref reader);
            else
                record.Pass(ref reader);
        }

        if (id is null)
            record.Note("id", "must be there");
        if (options.Kind == CocoEvaluationKind.Keypoints && keypoints.Count > 0 && keypoints.Count != options.Keypoints)
            record.Note("keypoints", $"{keypoints.Count} names, and the skeleton has {options.Keypoints} keypoints");
        if (record.Fault is null && !categories.TryAdd(id!.Value, new CocoCategory(id.Value, name, keypoints, links)))
            record.Note("id", $"{id} is there twice");
        if (categories.Count > MostCategories)
            throw new CocoFormatException(string.Create(CultureInfo.InvariantCulture, $"There are more than {MostCategories} categories."));
    }

    private List<string> ReadNames(ref Utf8JsonReader reader)
    {
        var names = new List<string>();
        tokens.Next(ref reader);
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            record.Note("keypoints", "must be a list of names");
            tokens.Skip(ref reader);
            return names;
        }

        for (tokens.Next(ref reader); reader.TokenType != JsonTokenType.EndArray; tokens.Next(ref reader))
        {
            if (reader.TokenType == JsonTokenType.String)
                names.Add(reader.GetString()!);
            else
            {
                record.Note($"keypoints[{names.Count}]", "must be a name");
                tokens.Skip(ref reader);
            }
        }

        return names;
    }

    // Only drawn: a link that makes no sense is left out and the category stays.
    private List<(int From, int To)> ReadLinks(ref Utf8JsonReader reader)
    {
        var links = new List<(int, int)>();
        tokens.Next(ref reader);
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            tokens.Skip(ref reader);
            return links;
        }

        var depth = reader.CurrentDepth;
        var pair = new List<int>();
        for (tokens.Next(ref reader); reader.CurrentDepth > depth; tokens.Next(ref reader))
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var end))
                pair.Add(end - 1);
            else if (reader.TokenType == JsonTokenType.StartArray)
                pair.Clear();
            else if (reader.TokenType == JsonTokenType.EndArray && pair is [>= 0, >= 0])
                links.Add((pair[0], pair[1]));
        }

        return links;
    }

    private void ReadAnnotation(ref Utf8JsonReader reader, int place)
    {
        long? id = null, image = null, category = null, labelled = null;
        double? area = null, head = null;
        BoundingBox? box = null;
        bool? crowd = false;
        double[]? keypoints = null;
        for (tokens.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; tokens.Next(ref reader))
        {
            if (reader.ValueTextEquals("id"u8))
                id = record.Integer(ref reader, "id");
            else if (reader.ValueTextEquals("image_id"u8))
                image = record.Integer(ref reader, "image_id");
            else if (reader.ValueTextEquals("category_id"u8))
                category = record.Integer(ref reader, "category_id");
            else if (reader.ValueTextEquals("area"u8))
                area = record.Number(ref reader, "area");
            else if (reader.ValueTextEquals("iscrowd"u8))
                crowd = record.Flag(ref reader, "iscrowd");
            else if (reader.ValueTextEquals("num_keypoints"u8))
                labelled = record.Integer(ref reader, "num_keypoints");
            else if (reader.ValueTextEquals("bbox"u8))
                box = CocoJson.ReadBox(record, ref reader);
            else if (options.Kind == CocoEvaluationKind.Keypoints && reader.ValueTextEquals("keypoints"u8))
                keypoints = ReadKeypoints(ref reader);
            else if (options.Kind == CocoEvaluationKind.Keypoints && reader.ValueTextEquals("head_size"u8))
                head = record.Number(ref reader, "head_size");
            else if (options.Kind == CocoEvaluationKind.Keypoints && reader.ValueTextEquals("head_box"u8))
                head = ReadHead(ref reader);
            else
                record.Pass(ref reader);
        }

        if (id is null)
            record.Note("id", "must be there");
        if (image is null)
            record.Note("image_id", "must be there");
        if (category is null)
            record.Note("category_id", "must be there");
        if (box is null)
            record.Note("bbox", "must be there");
        if (options.Kind == CocoEvaluationKind.Keypoints && keypoints is null)
            record.Note("keypoints", $"must be there: {3 * options.Keypoints} numbers");
        if (area < 0)
            record.Note("area", "must be 0 or more");
        if (head < 0)
            record.Note("head_size", "must be 0 or more");
        if (record.Fault is not null)
            return;
        withoutArea += area is null ? 1 : 0;
        var counted = 0;
        for (var i = 2; i < keypoints?.Length; i += 3)
            counted += keypoints[i] > 0 ? 1 : 0;
        places.Add(place);
        annotations.Add(new CocoAnnotation
        {
            Id = id!.Value, ImageId = image!.Value, CategoryId = category!.Value, Box = box!.Value, Area = area ?? AreaOfBox * box.Value.Area,
            IsCrowd = crowd ?? false, Keypoints = keypoints, LabelledKeypoints = (int)Math.Clamp(labelled ?? counted, 0, int.MaxValue),
            HeadSize = head,
        });
    }

    // MPII's rule: six tenths of the diagonal of a box by its corners.
    private double? ReadHead(ref Utf8JsonReader reader)
    {
        var numbers = record.Numbers(ref reader, "head_box", out var count);
        if (count == 4)
            return HeadOfBox * Math.Sqrt(Math.Pow(numbers[2] - numbers[0], 2) + Math.Pow(numbers[3] - numbers[1], 2));
        if (count >= 0)
            record.Note("head_box", $"must be the 4 numbers x1, y1, x2, y2, not {count}");
        return null;
    }

    private double[]? ReadKeypoints(ref Utf8JsonReader reader)
    {
        var numbers = record.Numbers(ref reader, "keypoints", out var count);
        if (count < 0)
            return null;
        if (count != 3 * options.Keypoints)
        {
            record.Note("keypoints", $"{count} numbers; {options.Keypoints} keypoints have {3 * options.Keypoints}");
            return null;
        }

        for (var i = 2; i < count; i += 3)
        {
            if (numbers[i] is not (0 or 1 or 2))
                record.Note($"keypoints[{i}]", "must be 0 (not labelled), 1 (hidden) or 2 (visible)");
        }

        return numbers.ToArray();
    }

    // The lists may come in any order, so that what they say of one another is checked at the end.
    private List<CocoAnnotation> Checked()
    {
        var kept = new List<CocoAnnotation>(annotations.Count);
        var ids = new HashSet<long>();
        for (var i = 0; i < annotations.Count; i++)
        {
            var annotation = annotations[i];
            (string, string)? fault =
                !images.ContainsKey(annotation.ImageId) ? ("image_id", $"there is no image {annotation.ImageId}")
                : !categories.ContainsKey(annotation.CategoryId) ? ("category_id", $"there is no category {annotation.CategoryId}")
                : !ids.Add(annotation.Id) ? ("id", $"{annotation.Id} is there twice")
                : null;
            if (fault is { } wrong)
                faults.Add(CocoJson.FaultOf("annotations", places[i], wrong));
            else
                kept.Add(annotation);
        }

        return kept;
    }

    private List<string> Warnings()
    {
        var warnings = new List<string>();
        if (repeated > 0)
            warnings.Add($"{repeated} images are there more than once, with the same size; each counts once.");
        if (withoutArea > 0)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{withoutArea} annotations have no area; {AreaOfBox} of their boxes' was taken."));
        return warnings;
    }
}
