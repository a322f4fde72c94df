using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>What both kinds of COCO files have in common.</summary>
internal static class CocoJson
{
    /// <summary>Reads; what is no JSON is told as a fault of the file.</summary>
    public static void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (JsonException wrong)
        {
            throw new CocoFormatException($"The file is no whole JSON document: {wrong.Message}", wrong);
        }
        catch (InvalidOperationException wrong)
        {
            // A name or a text with bytes or escapes that are no characters.
            throw new CocoFormatException("The file is not UTF-8 text.", wrong);
        }
    }

    /// <summary>Refuses anything behind the document.</summary>
    public static void End(JsonTokens tokens, ref Utf8JsonReader reader)
    {
        if (tokens.Read(ref reader))
            throw new CocoFormatException("There is something behind the end of the document.");
    }

    /// <summary>A fault of a record of a list.</summary>
    public static RecordFault FaultOf(string list, long place, (string Field, string Message) fault)
    {
        var record = string.Create(CultureInfo.InvariantCulture, $"{list}[{place}]");
        return new RecordFault(fault.Field.Length == 0 ? record : $"{record}.{fault.Field}", fault.Message);
    }

    /// <summary>Reads a box; null when it is none, or an empty list.</summary>
    public static BoundingBox? ReadBox(RecordReader record, ref Utf8JsonReader reader)
    {
        var numbers = record.Numbers(ref reader, "bbox", out var count);
        if (count <= 0)
            return null;
        if (count != 4)
        {
            record.Note("bbox", $"must be the 4 numbers x, y, width, height, not {count}");
            return null;
        }

        if (numbers[2] < 0 || numbers[3] < 0)
        {
            record.Note(numbers[2] < 0 ? "bbox[2]" : "bbox[3]", "must be 0 or more");
            return null;
        }

        return new BoundingBox(numbers[0], numbers[1], numbers[2], numbers[3]);
    }
}
