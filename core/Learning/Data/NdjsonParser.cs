using System.Text.Json;

namespace Iml4e.Learning;

/// <summary>Finds the values of a file with a JSON object a line, line by line: of the file one line is in memory at a time.</summary>
/// <remarks>Known columns come first, others in the order in which their names first appear; a name that a line lacks, null and "" mean that there is no value.
/// Numbers, texts and the words true and false are values; lists and objects are not.</remarks>
internal sealed class NdjsonParser
{
    private readonly TableRows rows;
    private readonly TableReadOptions options;
    private byte[] unescaped = new byte[1 << 8];

    private NdjsonParser(TableRows rows)
    {
        this.rows = rows;
        options = rows.Options;
        // A name that no line of this part has is still a column, without a value.
        foreach (var name in options.Known.Keys)
            rows.AddColumn(name);
    }

    public static void Parse(Stream stream, TableRows rows)
    {
        new NdjsonParser(rows).ReadLines(stream);
        if (rows.Rows == 0 || rows.Header.Count == 0)
            throw new TrainingDataException("data", "the file is empty; an object with names and values is needed on each line");
    }

    private void ReadLines(Stream stream)
    {
        var buffer = new byte[1 << 16];
        int held = 0, line = 1;
        while (true)
        {
            if (held == buffer.Length)
            {
                if (held > options.MaxLineBytes)
                    throw TableRows.At("data", $"a line of more than {options.MaxLineBytes} bytes", line);
                Array.Resize(ref buffer, buffer.Length * 2);
            }
            var read = stream.Read(buffer.AsSpan(held));
            held += read;
            var at = 0;
            while (buffer.AsSpan(at, held - at).IndexOf((byte)'\n') is var end && end >= 0)
            {
                ReadLine(buffer.AsSpan(at, end), line++);
                at += end + 1;
            }
            if (read == 0)
            {
                ReadLine(buffer.AsSpan(at, held - at), line);
                return;
            }
            buffer.AsSpan(at, held - at).CopyTo(buffer);
            held -= at;
        }
    }

    private void ReadLine(ReadOnlySpan<byte> text, int line)
    {
        if (text.Length > options.MaxLineBytes)
            throw TableRows.At("data", $"a line of more than {options.MaxLineBytes} bytes", line);
        if (line == 1)
            text = text.TrimStart("\uFEFF"u8);
        text = text.Trim(" \t\r"u8);
        if (text.IsEmpty)
            return;
        Utf8Text.Check(text, line);
        rows.BeginRow(line);
        try
        {
            ReadObject(text);
        }
        catch (JsonException problem)
        {
            throw Wrong($"not a JSON object: {Reason(problem)} at byte {problem.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            // A lone half of a surrogate pair, written as an escape.
            throw Wrong("a text that is not Unicode");
        }
    }

    private void ReadObject(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 2 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw Wrong("a JSON object is needed on each line");
        // Lines mostly have the same names in the same order.
        for (var expected = 0; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; expected++)
        {
            var column = expected < rows.Header.Count && reader.ValueTextEquals(rows.Header[expected]) ? expected : Place(reader.GetString()!.Trim());
            reader.Read();
            if (!ReadValue(ref reader, column))
                throw Wrong($"the name '{rows.Header[column]}' is there twice");
            expected = column;
        }
        reader.Read();
    }

    private int Place(string name) => rows.Find(name) is var place && place >= 0 ? place : rows.AddColumn(name);

    // False when the row has a value of that name already.
    private bool ReadValue(ref Utf8JsonReader reader, int column)
    {
        if (reader.ValueSpan.Length > options.MaxFieldBytes)
            throw Wrong($"a value of {reader.ValueSpan.Length} bytes; at most {options.MaxFieldBytes} are read", column);
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return rows.Add(column, [], CellStyle.Bare);
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return rows.Add(column, reader.ValueSpan, CellStyle.Bare);
            case JsonTokenType.String:
                if (unescaped.Length < reader.ValueSpan.Length)
                    unescaped = new byte[reader.ValueSpan.Length];
                var text = unescaped.AsSpan(0, reader.CopyString(unescaped));
                if (text.Contains((byte)0))
                    throw Wrong("a zero character in a text", column);
                return rows.Add(column, text, CellStyle.Text);
            default:
                throw Wrong(
                    $"{(reader.TokenType == JsonTokenType.StartObject ? "an object" : "a list")}; a value is a number, a text, true, false or null", column);
        }
    }

    private TrainingDataException Wrong(string detail) => TableRows.At($"data.row[{rows.Rows}]", detail, rows.Line);

    private TrainingDataException Wrong(string detail, int column) => TableRows.At($"data.row[{rows.Rows}].column[{rows.Header[column]}]", detail, rows.Line);

    // The library's sentence ends in its own places, which count from 0 and know one line only.
    private static string Reason(JsonException problem) => problem.Message.Split(". ", 2)[0].Split(" LineNumber", 2)[0].TrimEnd('.');
}
