using System.Text.Json;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Detections as a COCO result file: a JSON list.</summary>
internal static class PredictionsFile
{
    /// <summary>Writes detections; with boxes, and keypoints where they have some.</summary>
    public static void Write(Stream stream, IEnumerable<CocoDetection> detections)
    {
        using var writer = new Utf8JsonWriter(stream);
        writer.WriteStartArray();
        foreach (var each in detections)
        {
            writer.WriteStartObject();
            writer.WriteNumber("image_id", each.ImageId);
            writer.WriteNumber("category_id", each.CategoryId);
            writer.WriteNumber("score", each.Score);
            Numbers(writer, "bbox", [each.Box.X, each.Box.Y, each.Box.Width, each.Box.Height]);
            if (!each.Keypoints.IsEmpty)
            {
                var points = each.Keypoints.Span;
                var numbers = new double[points.Length / 2 * 3];
                for (var i = 0; i < points.Length / 2; i++)
                    (numbers[3 * i], numbers[(3 * i) + 1], numbers[(3 * i) + 2]) = (points[2 * i], points[(2 * i) + 1], 1);
                Numbers(writer, "keypoints", numbers);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes several files as one.</summary>
    public static async Task JoinAsync(Stream stream, IEnumerable<string> digests, Func<string, Task<byte[]>> read)
    {
        stream.WriteByte((byte)'[');
        var isFirst = true;
        foreach (var digest in digests)
        {
            // Each is a list of this class's making: brackets around objects.
            var list = (await read(digest)).AsMemory()[1..^1];
            if (list.IsEmpty)
                continue;
            if (!isFirst)
                stream.WriteByte((byte)',');
            isFirst = false;
            await stream.WriteAsync(list);
        }

        stream.WriteByte((byte)']');
    }

    private static void Numbers(Utf8JsonWriter writer, string name, ReadOnlySpan<double> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
