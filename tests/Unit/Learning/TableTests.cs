using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Learning;

public class TableTests
{
    [Fact]
    public void A_line_is_a_row_and_columns_come_by_name()
    {
        var frame = Frames.Csv("{\"t\":\"2024-01-31T10:00:00Z\",\"n\":1.5,\"c\":\"x\"}\n\n {\"c\":\"y\\u00e9\",\"n\":-2e3,\"late\":true}\r\n{\"n\":null,\"c\":\"\",\"t\":\"2024-02-01\"}");
        Assert.Equal(["t", "n", "c", "late"], frame.Columns.Select(c => c.Name));
        Assert.Equal([1706695200, TimestampColumn.Missing, 1706745600], frame.Timestamps("t"));
        Assert.Equal([1.5, -2000, double.NaN], frame.Numbers("n"));
        Assert.Equal<IEnumerable<string?>>(["x", "yé", null], frame.Categories("c"));
        Assert.Equal<IEnumerable<string?>>([null, "true", null], frame.Categories("late"));
        // A JSON string is no number, unless that is declared.
        var texts = Frames.Csv("{\"zip\":\"01234\"}\n{\"zip\":\"99\"}\n");
        Assert.Equal<IEnumerable<string?>>(["01234", "99"], texts.Categories("zip"));
        Assert.Equal("category: '01234' in row 1 is not a number but a text", texts["zip"].Assumed);
        var declared = Frames.Csv("{\"zip\":\"01234\"}", new TableReadOptions { Kinds = new Dictionary<string, ColumnKind> { ["zip"] = ColumnKind.Number } });
        Assert.Equal([1234], declared.Numbers("zip"));
    }

    [Theory]
    [InlineData("{\"a\":1}\n{\"a\":1,}\n", "data.row[2]: not a JSON object:", "(line 2)")]
    [InlineData("{\"a\":1}\n[1]\n", "data.row[2]: a JSON object is needed on each line", "(line 2)")]
    [InlineData("{\"a\":1}\n\n{\"a\":1} {\"a\":2}\n", "data.row[2]: not a JSON object:", "(line 3)")]
    [InlineData("{\"a\":1,\"a\":2}\n", "data.row[1]: the name 'a' is there twice", "(line 1)")]
    [InlineData("{\"a\":{\"b\":1}}\n", "data.row[1].column[a]: an object; a value is a number, a text, true, false or null", "(line 1)")]
    [InlineData("{\"a\":[[1]]}\n", "data.row[1].column[a]: a list; a value is", "(line 1)")]
    [InlineData("{\"a\":\"\\u0000\"}\n", "data.row[1].column[a]: a zero character in a text", "(line 1)")]
    [InlineData("{\"a\":\"\\ud800\"}\n", "data.row[1]: a text that is not Unicode", "(line 1)")]
    [InlineData("{\"a\":1}\n{\"\":1}\n", "data.row[2]: a column without a name", "(line 2)")]
    [InlineData("{\"a\":1}\n{\"a\":\0}\n", "data: the file is not text: a zero byte", "(line 2, byte 6)")]
    [InlineData("{\"a\":1}\n{\"a\":1e999}\n", "data.row[2].column[a]: '1e999' is not a finite number", "(line 2)")]
    [InlineData("{\"a\":1}\n{\"a\":\"tr", "data.row[2]: not a JSON object:", "(line 2)")]
    [InlineData("{}\n", "data: the file is empty", "")]
    [InlineData("a,b\n1,\"x\ny\"\n\n3\n", "data.row[2]: 1 fields where the header has 2", "(line 5)")]
    [InlineData("a,b\n1,2\n3,\"4\n5,6\n", "data.row[2].column[b]: a quote is opened and never closed", "(line 3)")]
    [InlineData("a,b\n1,2\n3,\0\n", "data: the file is not text: a zero byte", "(line 3, byte 3)")]
    [InlineData("a,a\n", "data.header[2]: the column name 'a' is there twice", "(line 1)")]
    public void What_is_wrong_is_said_with_its_row_column_and_line(string text, string said, string where)
    {
        var message = Assert.Throws<TrainingDataException>(() => Frames.Csv(text)).Message;
        Assert.StartsWith(said, message, StringComparison.Ordinal);
        Assert.EndsWith(where, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_said_with_line_and_byte()
    {
        Said("data: the file is not UTF-8 text (line 3, byte 2)", [.. "a,b\n1,2\n3"u8, 0xe4, .. ",4\n"u8]);
        Said("data: the file is not UTF-8 text (line 2, byte 7)", [.. "{\"a\":1}\n{\"a\":\""u8, 0xc3, .. "\"}\n"u8]);
        Said("data: the file is UTF-16; write it as UTF-8", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("a\n1\n")).ToArray());

        static void Said(string said, byte[] bytes) =>
            Assert.Equal(said, Assert.Throws<TrainingDataException>(() => DataFrame.Read(new MemoryStream(bytes))).Message);
    }

    [Fact]
    public void Limits_hold_for_lines_of_objects()
    {
        const string Text = "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n{\"a\":5,\"b\":6}\n";
        Said("more than 2 rows", Text, new TableReadOptions { MaxRows = 2 });
        Said("more than 1 columns", Text, new TableReadOptions { MaxColumns = 1 });
        Said("more than 10 bytes", Text, new TableReadOptions { MaxBytes = 10 });
        Said("more than 4 fields", Text, new TableReadOptions { MaxCells = 4 });
        Said("a value of 5 bytes; at most 4 are read", "{\"a\":12345}", new TableReadOptions { MaxFieldBytes = 4 });
        Said("a line of more than 12 bytes (line 1)", Text, new TableReadOptions { MaxLineBytes = 12 });
        // A line without an end is not gathered for ever.
        Said("a line of more than 100000 bytes (line 2)", "{\"a\":1}\n{\"a\":\"" + new string('x', 1_000_000), new TableReadOptions { MaxLineBytes = 100_000 });

        static void Said(string said, string text, TableReadOptions options) =>
            Assert.Contains(said, Assert.Throws<TrainingDataException>(() => Frames.Csv(text, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bombs_and_torn_files_are_refused()
    {
        var bomb = Zip([.. "a\n"u8, .. Enumerable.Repeat((byte)'1', 8 << 20)]);
        var small = new TableReadOptions { MaxExpandedBytes = 1 << 20 };
        Assert.Contains(
            "unfolds to more than 100 times", Assert.Throws<TrainingDataException>(() => DataFrame.Read(new MemoryStream(bomb), small)).Message,
            StringComparison.Ordinal);
        var lines = Zip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":1}\n", 1 << 18))));
        Assert.Contains(
            "unfolds to more than 10 times",
            Assert.Throws<TrainingDataException>(() => DataFrame.Read(new MemoryStream(lines), small with { MaxExpansion = 10 })).Message,
            StringComparison.Ordinal);
        var random = new Random(1);
        var torn = Zip(Encoding.UTF8.GetBytes("a\n" + string.Concat(Enumerable.Range(0, 20_000).Select(_ => random.Next() + "\n"))));
        Assert.Equal(20_000, DataFrame.Read(new MemoryStream(torn)).RowCount);
        foreach (var cut in new[] { 1, 8, 9, 4_000, torn.Length - 20 })
            Assert.Contains(
                "damaged or cut off", Assert.Throws<TrainingDataException>(() => DataFrame.Read(new MemoryStream(torn[..^cut]))).Message,
                StringComparison.Ordinal);
        // Members one behind the other are one file.
        Assert.Equal([1, 2], DataFrame.Read(new Trickle([.. Zip("a\n1\n"u8.ToArray()), .. Zip("2\n"u8.ToArray())])).Numbers("a"));
    }

    [Fact]
    public void An_inference_says_what_was_assumed()
    {
        var frame = Frames.Csv("i,d,when,odd,late,empty\n1,1.5,2024-01-01T00:00:00Z,1,2024-01-01,\n2,2,2024-01-01T01:00:00+01:00,n/a.,2024-01-02,\n3,,,3,soon,\n4,4,,4,2024-01-04,\n");
        Assert.Equal("number: all 4 values are whole numbers", frame["i"].Assumed);
        Assert.Equal("number: all 3 values are decimal numbers", frame["d"].Assumed);
        Assert.Equal((4, 1, 0.25), (frame["d"].Inference!.Rows, frame["d"].Inference!.Missing, frame["d"].Inference!.MissingShare));
        Assert.Equal("timestamp: all 2 values are ISO 8601 with an offset", frame["when"].Assumed);
        Assert.Equal("category: 'n/a.' in row 2 is not a number (3 of 4 values are)", frame["odd"].Assumed);
        Assert.Equal([new FallbackExample(2, 3, "n/a.", "a number")], frame["odd"].Inference!.Examples);
        Assert.Equal("category: 'soon' in row 3 is not a date (3 of 4 values are)", frame["late"].Assumed);
        Assert.Equal("number: no row has a value", frame["empty"].Assumed);

        var joined = DataFrame.Concat([frame, frame]);
        Assert.Equal((8, 2), (joined["d"].Inference!.Rows, joined["d"].Inference!.Missing));
        Assert.Equal([2, 6], joined["odd"].Inference!.Examples.Select(e => e.Row));
    }

    [Fact]
    public void What_earlier_parts_were_taken_for_holds_for_later_ones()
    {
        var first = Frames.Csv("code,when,n\nA7,2024-01-01,1\n12,,2\n");
        var known = new TableReadOptions { Known = first.Columns.ToDictionary(c => c.Name, c => c.Inference!) };
        var next = Frames.Csv("code,when,n\n12,,3\n", known);
        Assert.Equal<IEnumerable<string?>>(["12"], next.Categories("code"));
        Assert.Equal(ColumnKind.Timestamp, next["when"].Kind);
        Assert.Equal([1.0, 2, 3], DataFrame.Concat([first, next]).Numbers("n"));
        // In lines of objects a name may be left out altogether.
        Assert.Equal(4, DataFrame.Concat([first, next, Frames.Csv("{\"n\":4}", known)]).RowCount);
        Assert.Equal("data.row[1].column[n]: 'x' is not a number; the data set has number values there so far (line 2)",
            Assert.Throws<TrainingDataException>(() => Frames.Csv("n\nx\n", known)).Message);
        var against = known with { Kinds = new Dictionary<string, ColumnKind> { ["n"] = ColumnKind.Category } };
        Assert.StartsWith(
            "data.kinds: column 'n' was a number column so far", Assert.Throws<TrainingDataException>(() => Frames.Csv("n\n1\n", against)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,2\n", "text/csv")]
    [InlineData("{a},b\n1,2\n", "text/csv")]
    [InlineData("\uFEFF \n { \"a\": 1 }", "application/x-ndjson")]
    [InlineData("", "text/csv")]
    public void Media_types_are_told_by_the_first_bytes(string text, string expected)
    {
        Assert.Equal(expected, DataFrame.MediaType(Encoding.UTF8.GetBytes(text)));
        Assert.Equal("application/gzip", DataFrame.MediaType(Zip(Encoding.UTF8.GetBytes(text + "x"))));
    }

    [Fact]
    public void Csv_reads_back_what_was_written() => Check.QuickThrowOnFailure(Prop.ForAll(AnyFrame().ToArbitrary(), frame =>
    {
        var options = new TableReadOptions { Kinds = frame.Columns.ToDictionary(c => c.Name, c => c.Kind) };
        Equal(frame, DataFrame.Read(new MemoryStream(Csv(frame)), options));
    }));

    [Fact]
    public void Lines_of_objects_give_the_frame_that_csv_gives() => Check.QuickThrowOnFailure(Prop.ForAll(AnyFrame().ToArbitrary(), frame =>
        Equal(DataFrame.Read(new MemoryStream(Csv(frame))), DataFrame.Read(new Trickle(Ndjson(frame))))));

    [Fact]
    public void Compressed_files_give_the_frame_that_plain_ones_give() => Check.QuickThrowOnFailure(Prop.ForAll(AnyFrame().ToArbitrary(), frame =>
    {
        Equal(DataFrame.Read(new MemoryStream(Csv(frame))), DataFrame.Read(new Trickle(Zip(Csv(frame)))));
        Equal(DataFrame.Read(new MemoryStream(Ndjson(frame))), DataFrame.Read(new MemoryStream(Zip(Ndjson(frame)))));
    }));

    [Fact]
    public void Any_lines_give_a_frame_or_a_clear_error()
    {
        var alphabet = Gen.Elements(
            "{", "}", "\"a\"", ":", ",", "1", "-", "null", "[", "]", "\n", "\r", " ", "\"2024-01-01\"", "\"\\ud800\"", "é", "{\"a\":1}\n", "1e5");
        Check.QuickThrowOnFailure(Prop.ForAll(alphabet.ArrayOf().ToArbitrary(), parts =>
        {
            try
            {
                DataFrame.Read(new Trickle(Encoding.UTF8.GetBytes(string.Concat(parts))), new TableReadOptions { Format = TableFormat.Ndjson });
            }
            catch (TrainingDataException)
            {
                // Refused in words: that is the other good end.
            }
        }));
    }

    // Numbers, names that are no numbers and no dates, and moments; some missing everywhere.
    private static Gen<DataFrame> AnyFrame()
    {
        var name = Gen.Elements("a", "b", "Z", "é", "\"", ",", ";", "\n", "\r", "'", "{", "\\", "NA", "null", "😀", "\u00a0", " ").NonEmptyListOf()
            .Select(p => string.Concat(p)).Where(t => t.Trim().Length > 0);
        var number = Gen.OneOf(
            Gen.Choose(-1000, 1000).Select(i => (double)i), ArbMap.Default.GeneratorFor<NormalFloat>().Select(f => f.Get), Gen.Constant(double.NaN));
        var moment = Gen.OneOf(Gen.Choose(int.MinValue, int.MaxValue).Select(i => (long)i), Gen.Constant(TimestampColumn.Missing));
        return from rows in Gen.Choose(1, 8)
               from numbers in number.ArrayOf(rows)
               from names in Gen.OneOf(name.Select(n => (string?)n), Gen.Constant<string?>(null)).ArrayOf(rows)
               from moments in moment.ArrayOf(rows)
               select new DataFrame([new NumberColumn("n, 1", numbers), new CategoryColumn("c \"é", names), new TimestampColumn("t", moments)]);
    }

    private static void Equal(DataFrame expected, DataFrame actual)
    {
        Assert.Equal(expected.Columns.Select(c => (c.Name, c.Kind, c.Length)), actual.Columns.Select(c => (c.Name, c.Kind, c.Length)));
        for (var i = 0; i < expected.Columns.Count; i++)
        {
            Assert.Equal((expected.Columns[i] as NumberColumn)?.Values, (actual.Columns[i] as NumberColumn)?.Values);
            Assert.Equal<IEnumerable<string?>>((expected.Columns[i] as CategoryColumn)?.Values, (actual.Columns[i] as CategoryColumn)?.Values);
            Assert.Equal((expected.Columns[i] as TimestampColumn)?.Values, (actual.Columns[i] as TimestampColumn)?.Values);
        }
    }

    private static byte[] Csv(DataFrame frame)
    {
        using var stream = new MemoryStream();
        frame.WriteCsv(stream);
        return stream.ToArray();
    }

    private static byte[] Ndjson(DataFrame frame)
    {
        var options = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        var text = new StringBuilder();
        for (var row = 0; row < frame.RowCount; row++)
            text.Append('{').AppendJoin(',', frame.Columns.Select(c => JsonSerializer.Serialize(c.Name, options) + ":" + Value(c, row))).Append("}\n");
        return Encoding.UTF8.GetBytes(text.ToString());

        string Value(Column column, int row) => column switch
        {
            _ when column.IsMissing(row) => "null",
            NumberColumn numbers => numbers.Values[row].ToString("R", CultureInfo.InvariantCulture),
            TimestampColumn moments => JsonSerializer.Serialize(TimestampText.Format(moments.Values[row])),
            _ => JsonSerializer.Serialize(((CategoryColumn)column).Values[row], options),
        };
    }

    private static byte[] Zip(byte[] content)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return zipped.ToArray();
    }

    // Gives few bytes at a time, as a network does.
    private sealed class Trickle(byte[] content) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(3, count));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(3, buffer.Length)]);
    }
}
