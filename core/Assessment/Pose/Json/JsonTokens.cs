using System.Buffers;
using System.Text.Json;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>
/// The tokens of a JSON stream of any length, of which only a part is in memory. The words NaN, Infinity and -Infinity, which are no JSON but which many
/// programs write, are read as texts, so that one of them is a fault of its record and not of the file.
/// </summary>
/// <param name="stream">UTF-8, with or without a byte order mark.</param>
/// <param name="longest">Bytes of the longest token, with the blanks before it.</param>
internal sealed class JsonTokens(Stream stream, int longest = 16 << 20)
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static readonly SearchValues<byte> Notable = SearchValues.Create("\"NI"u8);
    private static readonly int LongestWord = "-Infinity".Length;

    private byte[] buffer = new byte[1 << 16];
    private int length;

    // Up to here words are replaced, and the reader may see the bytes.
    private int clean;
    private bool inText;
    private bool ended;

    /// <summary>Bytes before the part that is in memory.</summary>
    public long Before { get; private set; }

    /// <summary>A reader at the start of the stream.</summary>
    public Utf8JsonReader Start()
    {
        while (length < ByteOrderMark.Length && !ended)
            Fill();
        if (buffer.AsSpan(0, length).StartsWith(ByteOrderMark))
            Drop(ByteOrderMark.Length);
        return new Utf8JsonReader(buffer.AsSpan(0, clean), ended, new JsonReaderState(new JsonReaderOptions { MaxDepth = 64 }));
    }

    /// <summary>Goes to the next token; false at the end.</summary>
    /// <exception cref="JsonException">This is no JSON, or a token is too long.</exception>
    public bool Read(ref Utf8JsonReader reader)
    {
        while (!reader.Read())
        {
            if (ended)
                return false;
            Drop((int)reader.BytesConsumed);
            Fill();
            reader = new Utf8JsonReader(buffer.AsSpan(0, clean), ended, reader.CurrentState);
        }

        return true;
    }

    /// <summary>Goes to the next token, which there must be.</summary>
    /// <exception cref="JsonException">This is no JSON, or ends too soon.</exception>
    public void Next(ref Utf8JsonReader reader)
    {
        if (!Read(ref reader))
            throw new JsonException("the file ends too soon");
    }

    /// <summary>Passes over the value that begins with the present token.</summary>
    public void Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        var depth = reader.CurrentDepth;
        do
            Next(ref reader);
        while (reader.CurrentDepth > depth);
    }

    private void Drop(int count)
    {
        buffer.AsSpan(count, length - count).CopyTo(buffer);
        length -= count;
        clean = Math.Max(0, clean - count);
        Before += count;
    }

    private void Fill()
    {
        if (length == buffer.Length)
        {
            if (length >= longest)
                throw new JsonException($"a value of more than {longest} bytes");
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        var read = stream.Read(buffer.AsSpan(length));
        length += read;
        ended = read == 0;
        Clean();
    }

    private void Clean()
    {
        // A word or an escaped sign may be torn at the end.
        var end = ended ? length : Math.Max(clean, length - LongestWord);
        while (clean < end)
        {
            var rest = buffer.AsSpan(clean, end - clean);
            var at = inText ? rest.IndexOfAny((byte)'"', (byte)'\\') : rest.IndexOfAny(Notable);
            if (at < 0)
            {
                clean = end;
                return;
            }

            var found = clean + at;
            clean = found + 1;
            if (buffer[found] == '"')
                inText = !inText;
            else if (inText)
                clean = Math.Min(found + 2, length);
            else if (buffer.AsSpan(found, length - found).StartsWith("NaN"u8))
                clean = MakeText(found, found + 3);
            else if (buffer.AsSpan(found, length - found).StartsWith("Infinity"u8))
                clean = MakeText(found > 0 && buffer[found - 1] == '-' ? found - 1 : found, found + 8);
        }
    }

    // Of the same length, so that places in the file stay right.
    private int MakeText(int from, int to)
    {
        (buffer[from], buffer[to - 1]) = ((byte)'"', (byte)'"');
        return to;
    }
}
