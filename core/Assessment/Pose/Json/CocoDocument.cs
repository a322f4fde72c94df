using System.Text.Json;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>Tells COCO documents from other JSON.</summary>
public static class CocoDocument
{
    private static readonly string[] Members = ["info", "licenses", "images", "annotations", "categories"];

    /// <summary>Whether bytes begin as a COCO document does: an object whose first member is one of COCO's, with a list or an object in it.</summary>
    /// <param name="start">The first bytes; some hundred are enough.</param>
    public static bool Begins(ReadOnlySpan<byte> start)
    {
        var reader = new Utf8JsonReader(start, isFinalBlock: false, state: default);
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName
                && Members.Contains(reader.GetString()) && reader.Read() && reader.TokenType is (JsonTokenType.StartArray or JsonTokenType.StartObject);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter of a name that is no text.
            return false;
        }
    }
}
