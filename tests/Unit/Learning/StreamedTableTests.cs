using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Learning;

/// <summary>Tables are read as they pass: what is allocated does not grow with the text, and where it is cut into pieces makes no difference.</summary>
public sealed class StreamedTableTests
{
    private const int Rows = 200_000;
    private const string Filler = "a note that is the same in every row and makes the text long: longer than what is kept of it";

    [Theory]
    [InlineData("csv")]
    [InlineData("ndjson")]
    [InlineData("gzip")]
    public void A_summary_takes_the_same_memory_however_long_the_table_is(string format)
    {
        using var small = Table(format, 1000);
        using var large = Table(format, Rows);
        var few = Allocated(() => DataFrame.Summarise(small), out _);
        var many = Allocated(() => DataFrame.Summarise(large), out var summary);
        Assert.Equal(Rows, summary.Rows);
        Assert.Equal(["number", "category", "timestamp", "category"], summary.Columns.Select(c => c.Inference.Kind.ToString().ToLowerInvariant()));
        Assert.InRange(many, 0, few + (1 << 20));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("ndjson")]
    [InlineData("gzip")]
    public void A_frame_takes_its_values_and_little_more(string format)
    {
        // Four columns of eight bytes, once while they come and once as they stay; the text of a row is a hundred bytes and more.
        using var table = Table(format, Rows);
        var allocated = Allocated(() => DataFrame.Read(table), out var frame);
        Assert.Equal(Rows, frame.RowCount);
        Assert.InRange(allocated, 4 * 8 * Rows, (2 * 4 * 8 * Rows) + (4 << 20));
        Assert.Equal(Filler, frame.Categories("note")[Rows - 1]);
    }

    [Fact]
    public void A_column_that_turns_out_late_to_be_a_category_has_the_texts_of_its_first_rows()
    {
        var text = new StringBuilder("code,when,n\n");
        for (var i = 0; i < 5000; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{i:D5},2024-01-0{1 + (i % 9)},{(i % 3 == 0 ? "" : i)}\n");
        text.Append("A7,soon,1\n");
        foreach (var frame in new[] { Frames.Csv(text.ToString()), DataFrame.Read(new Pieces(Encoding.UTF8.GetBytes(text.ToString()), _ => 100)) })
        {
            Assert.Equal(("00000", "04999", "A7"), (frame.Categories("code")[0], frame.Categories("code")[4999], frame.Categories("code")[5000]));
            Assert.Equal(("2024-01-01", "soon"), (frame.Categories("when")[0], frame.Categories("when")[5000]));
            Assert.Equal(4999, frame.Numbers("n")[4999]);
            Assert.Equal("category: 'A7' in row 5001 is not a number (5000 of 5001 values are)", frame["code"].Assumed);
            Assert.Equal("category: 'soon' in row 5001 is not a date (5000 of 5001 values are)", frame["when"].Assumed);
        }
    }

    [Fact]
    public void A_value_without_an_end_is_not_gathered()
    {
        foreach (var (start, said) in new[] { ("a,b\n1,", "data.row[1].column[b]: a field of 50000000 bytes"), ("a,b\n1,\"", "data.row[1].column[b]: a quote is opened and never closed") })
        {
            using var stream = new Repeated(Encoding.UTF8.GetBytes(start), "xxxxxxxxxx"u8.ToArray(), 5_000_000);
            string? message = null;
            var allocated = Allocated(() => message = Assert.Throws<TrainingDataException>(() => DataFrame.Read(stream)).Message, out _);
            Assert.StartsWith(said, message, StringComparison.Ordinal);
            Assert.InRange(allocated, 0, 2 << 20);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void A_character_that_is_cut_by_a_piece_is_one_and_one_that_is_cut_by_the_end_is_none(int size)
    {
        var text = Encoding.UTF8.GetBytes("a\n€\n😀");
        Assert.Equal<IEnumerable<string?>>(["€", "😀"], DataFrame.Read(new Pieces(text, _ => size)).Categories("a"));
        Assert.Equal("data: the file is not UTF-8 text (line 3, byte 1)", Told(() => DataFrame.Read(new Pieces(text[..^1], _ => size))));
        Assert.Equal("data: the file is not UTF-8 text (line 2, byte 1)", Told(() => DataFrame.Read(new Pieces([.. text[..3], .. text[5..]], _ => size))));
        Assert.Equal("data: the file is not text: a zero byte (line 2, byte 5)", Told(() => DataFrame.Read(new Pieces([.. text[..4], 1, 2, 0], _ => size))));
    }

    [Fact]
    public void Where_a_text_is_cut_into_pieces_makes_no_difference() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(
            Gen.Elements(
                "a", "7", "-1.5", "2024-01-02", ",", ",", ";", "\"", "\"\"", "\n", "\n", "\r\n", "\r", " ", "é", "€", "😀", "\0", "\u00e9", "NA", "x\"y")
                .ArrayOf().Select(parts => Encoding.UTF8.GetBytes("a,b\n" + string.Concat(parts))).ToArbitrary(),
            Gen.Choose(1, 5).ToArbitrary(),
            (bytes, size) =>
            {
                // A byte of a character may be lost.
                var damaged = bytes.Length % 5 == 0 ? bytes[..^1] : bytes;
                Assert.Equal(Told(() => DataFrame.Read(new MemoryStream(damaged))), Told(() => DataFrame.Read(new Pieces(damaged, _ => size))));
            }));

    private static string Told(Func<DataFrame> read)
    {
        try
        {
            using var text = new MemoryStream();
            read().WriteCsv(text);
            return Encoding.UTF8.GetString(text.ToArray());
        }
        catch (TrainingDataException e)
        {
            return e.Message;
        }
    }

    private static long Allocated<T>(Func<T> act, out T result)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        result = act();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static Stream Table(string format, int rows)
    {
        var row = format == "ndjson"
            ? $"{{\"n\":1.25,\"kind\":\"hot\",\"at\":\"2024-01-02T03:04:05Z\",\"note\":\"{Filler}\"}}\n"
            : $"1.25,hot,2024-01-02T03:04:05Z,{Filler}\n";
        var text = new Repeated(format == "ndjson" ? [] : "n,kind,at,note\n"u8.ToArray(), Encoding.UTF8.GetBytes(row), rows);
        if (format != "gzip")
            return text;
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
            text.CopyTo(gzip);
        packed.Position = 0;
        return packed;
    }

    /// <summary>A stream that hands out a few bytes at a time.</summary>
    private sealed class Pieces(byte[] content, Func<int, int> size) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(size(count), count));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(size(buffer.Length), buffer.Length)]);
    }

    /// <summary>A text that is made as it is read: a start, and then the same again and again.</summary>
    private sealed class Repeated(byte[] start, byte[] unit, int times) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => start.Length + ((long)unit.Length * times);

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var done = 0;
            while (done < buffer.Length && Position < Length)
            {
                var from = Position < start.Length ? start.AsSpan((int)Position) : unit.AsSpan((int)((Position - start.Length) % unit.Length));
                var count = Math.Min(from.Length, buffer.Length - done);
                from[..count].CopyTo(buffer[done..]);
                (done, Position) = (done + count, Position + count);
            }

            return done;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) =>
            Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
