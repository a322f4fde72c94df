using System.Text.Json;

namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>Writes a skeleton as the JSON that <see cref="SkeletonReader"/> reads.</summary>
public static class SkeletonWriter
{
    /// <summary>Writes.</summary>
    /// <param name="skeleton">The skeleton.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Write(SkeletonDefinition skeleton)
    {
        ArgumentNullException.ThrowIfNull(skeleton);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("name", skeleton.Name);
            writer.WriteStartArray("keypoints");
            foreach (var name in skeleton.Keypoints)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
            writer.WriteStartArray("sigmas");
            foreach (var sigma in skeleton.Sigmas)
                writer.WriteNumberValue(sigma);
            writer.WriteEndArray();
            Pairs(writer, "flipPairs", skeleton.FlipPairs);
            Pairs(writer, "links", skeleton.Links);
            if (skeleton.TorsoPair is { } torso)
                Points(writer, "torsoPair", [torso.First, torso.Second]);
            if (skeleton.HeadPair is { } head)
                Points(writer, "headPair", [head.First, head.Second]);
            if (skeleton.Root is { } root)
                writer.WriteNumber("root", root);
            writer.WriteStartArray("angles");
            foreach (var angle in skeleton.Angles)
                Named(writer, angle.Name, [angle.From, angle.At, angle.To]);
            writer.WriteEndArray();
            writer.WriteStartArray("groups");
            foreach (var group in skeleton.Groups)
                Named(writer, group.Name, group.Points);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Named(Utf8JsonWriter writer, string name, IReadOnlyList<int> points)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        Points(writer, "points", points);
        writer.WriteEndObject();
    }

    private static void Pairs(Utf8JsonWriter writer, string field, IReadOnlyList<(int First, int Second)> pairs)
    {
        writer.WriteStartArray(field);
        foreach (var (first, second) in pairs)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(first);
            writer.WriteNumberValue(second);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static void Points(Utf8JsonWriter writer, string field, IReadOnlyList<int> points)
    {
        writer.WriteStartArray(field);
        foreach (var point in points)
            writer.WriteNumberValue(point);
        writer.WriteEndArray();
    }
}
