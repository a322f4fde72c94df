using System.Text.Json;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>Reads COCO results, a list of detections, as they pass: of the file little more than what is kept is in memory.</summary>
public sealed class CocoResultsReader
{
    private const int ChunkLength = 1 << 16;

    private readonly CocoReadOptions options;
    private readonly JsonTokens tokens;
    private readonly RecordReader record;
    private readonly CocoUncheckedResults results;
    private readonly double[] points;
    private double[] chunk = [];
    private int used;

    private CocoResultsReader(Stream stream, CocoReadOptions options, CancellationToken ct)
    {
        (this.options, results) = (options, new CocoUncheckedResults(options));
        tokens = new JsonTokens(stream, ct: ct);
        record = new RecordReader(tokens);
        points = new double[2 * options.Keypoints];
    }

    /// <summary>Reads a file.</summary>
    /// <param name="stream">UTF-8 JSON: a list of objects with image_id, category_id, score, and bbox, keypoints or both; others are passed over.</param>
    /// <param name="truth">The ground truth that it is about.</param>
    /// <param name="options">What it is read for.</param>
    /// <exception cref="CocoFormatException">The file is not such, or records are wrong and not to be left out.</exception>
    public static CocoResults Read(Stream stream, CocoDataset truth, CocoReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(options);
        return ReadUnchecked(stream, options).Against(truth);
    }

    /// <summary>Reads a file, whatever it is about.</summary>
    /// <param name="stream">UTF-8 JSON.</param>
    /// <param name="options">What it is read for.</param>
    /// <param name="ct">Ends the reading.</param>
    /// <exception cref="CocoFormatException">The file is not such.</exception>
    /// <exception cref="OperationCanceledException">The reading was ended.</exception>
    internal static CocoUncheckedResults ReadUnchecked(Stream stream, CocoReadOptions options, CancellationToken ct = default) =>
        new CocoResultsReader(stream, options, ct).Read();

    private CocoUncheckedResults Read()
    {
        CocoJson.Guard(() =>
        {
            var reader = tokens.Start();
            tokens.Next(ref reader);
            if (reader.TokenType != JsonTokenType.StartArray)
                throw new CocoFormatException("Results are a list of objects with image_id, category_id, score and bbox or keypoints.");
            for (tokens.Next(ref reader); reader.TokenType != JsonTokenType.EndArray; tokens.Next(ref reader))
            {
                record.Begin();
                if (reader.TokenType == JsonTokenType.StartObject)
                    ReadDetection(ref reader);
                else
                {
                    record.Note("", "must be an object");
                    tokens.Skip(ref reader);
                }

                results.End(record.Fault);
            }

            CocoJson.End(tokens, ref reader);
        });
        return results;
    }

    private void ReadDetection(ref Utf8JsonReader reader)
    {
        long? image = null, category = null;
        double? score = null;
        BoundingBox? box = null;
        var (hasBox, hasPoints) = (false, false);
        var wantsPoints = options.Kind == CocoEvaluationKind.Keypoints;
        for (tokens.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; tokens.Next(ref reader))
        {
            if (reader.ValueTextEquals("image_id"u8))
                image = record.Integer(ref reader, "image_id");
            else if (reader.ValueTextEquals("category_id"u8))
                category = record.Integer(ref reader, "category_id");
            else if (reader.ValueTextEquals("score"u8))
                score = record.Number(ref reader, "score");
            else if (reader.ValueTextEquals("bbox"u8) && results.HasBoxes is not false)
                (box, hasBox) = (CocoJson.ReadBox(record, ref reader), record.Fault is not null);
            else if (wantsPoints && reader.ValueTextEquals("keypoints"u8))
                hasPoints = ReadPoints(ref reader);
            else
                record.Pass(ref reader);
        }

        // The file's first record decides for all, as in pycocotools.
        hasBox |= box is not null;
        results.HasBoxes ??= hasBox || !wantsPoints;
        if (image is null)
            record.Note("image_id", "must be there");
        if (category is null)
            record.Note("category_id", "must be there");
        if (score is null)
            record.Note("score", "must be there");
        if (results.HasBoxes is true && !hasBox)
            record.Note("bbox", wantsPoints ? "must be there, as it is in the first record" : "must be there");
        if (wantsPoints && !hasPoints)
            record.Note("keypoints", $"must be there: {3 * options.Keypoints} numbers");
        if (record.Fault is not null)
            return;
        var extent = box ?? Extent();
        results.Add(new CocoDetection
        {
            ImageId = image!.Value, CategoryId = category!.Value, Score = score!.Value, Box = extent, Area = extent.Area,
            Keypoints = wantsPoints ? Keep() : default,
        });
    }

    private bool ReadPoints(ref Utf8JsonReader reader)
    {
        var numbers = record.Numbers(ref reader, "keypoints", out var count);
        if (count >= 0 && count != 3 * options.Keypoints)
            record.Note("keypoints", $"{count} numbers; {options.Keypoints} keypoints have {3 * options.Keypoints}");
        if (count != 3 * options.Keypoints)
            return true;
        for (var i = 0; i < options.Keypoints; i++)
            (points[2 * i], points[(2 * i) + 1]) = (numbers[3 * i], numbers[(3 * i) + 1]);
        return true;
    }

    private BoundingBox Extent()
    {
        double left = points[0], right = points[0], top = points[1], bottom = points[1];
        for (var i = 2; i < points.Length; i += 2)
        {
            (left, right) = (Math.Min(left, points[i]), Math.Max(right, points[i]));
            (top, bottom) = (Math.Min(top, points[i + 1]), Math.Max(bottom, points[i + 1]));
        }

        return BoundingBox.FromCorners(left, top, right, bottom);
    }

    // Many small arrays would be a third more.
    private ReadOnlyMemory<double> Keep()
    {
        if (used + points.Length > chunk.Length)
            (chunk, used) = (new double[Math.Max(results.Count < 1000 ? 1 << 12 : ChunkLength, points.Length)], 0);
        points.CopyTo(chunk.AsSpan(used));
        used += points.Length;
        return chunk.AsMemory(used - points.Length, points.Length);
    }
}
