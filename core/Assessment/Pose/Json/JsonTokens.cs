using System.Text.Json;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>
/// The tokens of a JSON stream of any length, of which only a part is in memory. The words NaN, Infinity and -Infinity, which are no JSON but which many
/// programs write, are read as texts, so that one of them is a fault of its record and not of the file.
/// </summary>
/// <param name="stream">UTF-8, with or without a byte order mark.</param>
/// <param name="longest">Bytes of the longest token, with the blanks before it.</param>
/// <param name="ct">Ends the reading.</param>
internal sealed class JsonTokens(Stream stream, int longest = 16 << 20, CancellationToken ct = default)
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

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

    /// <summary>
    /// Reads the list that begins with the present token, if there is nothing but numbers in it and all of it is in memory, and goes to its end: a token
    /// for each of them would take most of the time that a file takes.
    /// </summary>
    /// <param name="reader">At the start of a list.</param>
    /// <param name="numbers">Takes them; what is in it is of no use when nothing is read.</param>
    /// <param name="largest">None of them is beyond it on either side of zero.</param>
    /// <param name="count">How many there are.</param>
    /// <returns>False when it must be read token by token; nothing is read then.</returns>
    public bool TryNumbers(ref Utf8JsonReader reader, Span<double> numbers, double largest, out int count)
    {
        var from = (int)reader.BytesConsumed;
        if (!TryNumbers(buffer.AsSpan(from, clean - from), numbers, largest, out count, out var length) || length < 2)
            return false;
        // The reader cannot be told to pass over them, but it passes over a text quickly.
        MakeText(from, from + length);
        Next(ref reader);
        Next(ref reader);
        return true;
    }

    private static bool TryNumbers(ReadOnlySpan<byte> text, Span<double> numbers, double largest, out int count, out int length)
    {
        (count, length) = (0, 0);
        while (count < numbers.Length)
        {
            length += Blanks(text[length..]);
            if (!JsonNumber.TryRead(text[length..], out numbers[count], out var read) || !(Math.Abs(numbers[count]) <= largest))
                return false;
            count++;
            length += read;
            length += Blanks(text[length..]);
            if (length == text.Length || text[length] is not ((byte)',' or (byte)']'))
                return false;
            if (text[length] == ']')
                return true;
            length++;
        }

        return false;
    }

    // Other blanks may not be in a text.
    private static int Blanks(ReadOnlySpan<byte> text)
    {
        var count = 0;
        while (count < text.Length && text[count] == ' ')
            count++;
        return count;
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

        ct.ThrowIfCancellationRequested();
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
            var at = inText ? rest.IndexOfAny((byte)'"', (byte)'\\') : rest.IndexOfAny((byte)'"', (byte)'N', (byte)'I');
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
