using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Learning;

public class CsvTests
{
    [Fact]
    public void Kinds_are_inferred_and_said()
    {
        var frame = Frames.Csv(
            "t,n,c,d,e,u\n2024-01-31T10:00:00Z,1.5,x,2024-01-31 10:00,,1706695200\n2024-02-01,-2e3,\"y, \"\"z\"\"\",2024-02-01 11:30,,1706698800\n,NA,,,,\n");
        Assert.Equal(3, frame.RowCount);
        Assert.Equal([1706695200, 1706745600, TimestampColumn.Missing], frame.Timestamps("t"));
        Assert.Equal([1.5, -2000, double.NaN], frame.Numbers("n"));
        Assert.Equal<IEnumerable<string?>>(["x", "y, \"z\"", null], frame.Categories("c"));
        Assert.Equal(1706787000, frame.Timestamps("d")[1]);
        Assert.Equal(ColumnKind.Number, frame["e"].Kind);
        // Unix seconds are moments only where that is declared.
        Assert.Equal(ColumnKind.Number, frame["u"].Kind);
        Assert.Contains("taken as UTC", frame["d"].Assumed, StringComparison.Ordinal);
        Assert.Contains("'x' in row 1 is not a number", frame["c"].Assumed, StringComparison.Ordinal);
        var declared = Frames.Csv("u\n1706695200\n", new TableReadOptions { Kinds = new Dictionary<string, ColumnKind> { ["u"] = ColumnKind.Timestamp } });
        Assert.Equal([1706695200], declared.Timestamps("u"));
    }

    [Theory]
    [InlineData("2024-02-29T23:59:59+02:00", 1709243999)]
    [InlineData("2024-02-29 23:59", 1709251140)]
    [InlineData("1969-12-31T23:59:59.999Z", -1)]
    [InlineData("0001-01-01", -62135596800)]
    public void Moments_are_read(string text, long expected)
    {
        Assert.True(TimestampText.TryParse(Encoding.UTF8.GetBytes(text), out var seconds, out _));
        Assert.Equal(expected, seconds);
    }

    [Theory]
    [InlineData("2023-02-29")]
    [InlineData("2024-13-01")]
    [InlineData("2024-01-01T24:00")]
    [InlineData("2024-01-01T10")]
    [InlineData("2024-01-01T10:00:00.Z")]
    [InlineData("2024-01-01T10:00Zx")]
    [InlineData("0001-01-01T00:00:00+10:00")]
    [InlineData("0000-01-01")]
    [InlineData("20240101")]
    public void What_is_no_moment_is_refused(string text) => Assert.False(TimestampText.TryParse(Encoding.UTF8.GetBytes(text), out _, out _));

    [Theory]
    [InlineData("", "data: the file is empty")]
    [InlineData("\n\n  \n", "data: the file is empty")]
    [InlineData("a,a\n1,2\n", "data.header[2]: the column name 'a' is there twice")]
    [InlineData("a,,b\n1,2,3\n", "data.header[2]: a column without a name")]
    [InlineData("a,b\n1,2\n3\n", "data.row[2]: 1 fields where the header has 2")]
    [InlineData("a,b\n1,2,3\n", "data.row[1]: 3 fields where the header has 2")]
    [InlineData("a,b\n1,\"2\n3,4\n", "data.row[1].column[b]: a quote is opened and never closed")]
    [InlineData("a,b\n\"1\"x,2\n", "data.row[1].column[a]: text behind a closing quote")]
    [InlineData("a,b\n1,\0\n", "data: the file is not text")]
    [InlineData("a,b\n1,1e999\n", "data.row[1].column[b]: '1e999' is not a finite number")]
    [InlineData("\"a", "data.header[1]: a quote is opened and never closed")]
    public void Hostile_files_are_refused_where_they_are_wrong(string text, string said)
    {
        var problem = Assert.Throws<TrainingDataException>(() => Frames.Csv(text));
        Assert.StartsWith(said, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_hold()
    {
        const string Text = "a,b\n1,2\n3,4\n5,6\n";
        Said("more than 2 rows", Text, new TableReadOptions { MaxRows = 2 });
        Said("more than 1 columns", Text, new TableReadOptions { MaxColumns = 1 });
        Said("more than 10 bytes", Text, new TableReadOptions { MaxBytes = 10 });
        Said("more than 4 fields", Text, new TableReadOptions { MaxCells = 4 });
        Said("a field of 5 bytes", "a\n12345\n", new TableReadOptions { MaxFieldBytes = 4 });
        Said("'x' is not a number", "a\n1\nx\n", new TableReadOptions { Kinds = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.Number } });
        Said("is not a date", "a\n1e300\n", new TableReadOptions { Kinds = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.Timestamp } });
        Said(
            "column 'q' is not there; columns: a", "a\n1\n", new TableReadOptions { Kinds = new Dictionary<string, ColumnKind> { ["q"] = ColumnKind.Number } });

        static void Said(string said, string text, TableReadOptions options) =>
            Assert.Contains(said, Assert.Throws<TrainingDataException>(() => Frames.Csv(text, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compressed_files_are_read_and_bombs_and_damage_refused()
    {
        using var small = Zip("a,b\n1,x\n"u8.ToArray());
        Assert.Equal([1.0], DataFrame.Read(small).Numbers("a"));
        using var bomb = Zip(new byte[20 << 20]);
        Assert.Contains(
            "more than", Assert.Throws<TrainingDataException>(() => DataFrame.Read(bomb, new TableReadOptions { MaxBytes = 1 << 20 })).Message,
            StringComparison.Ordinal);
        using var damaged = new MemoryStream([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        Assert.Contains("damaged", Assert.Throws<TrainingDataException>(() => DataFrame.Read(damaged)).Message, StringComparison.Ordinal);
        using var latin = new MemoryStream([.. "a\n"u8, 0xe4, (byte)'\n']);
        Assert.Contains("UTF-8", Assert.Throws<TrainingDataException>(() => DataFrame.Read(latin)).Message, StringComparison.Ordinal);

        static MemoryStream Zip(byte[] content)
        {
            var zipped = new MemoryStream();
            using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
                gzip.Write(content);
            zipped.Position = 0;
            return zipped;
        }
    }

    [Fact]
    public void Line_ends_marks_and_separators_of_all_houses_are_understood()
    {
        Assert.Equal([1, 2], Frames.Csv("\uFEFFa;b\r\n1;x,y\r\n2;z").Numbers("a"));
        Assert.Equal<IEnumerable<string?>>(["x\ny", "z"], Frames.Csv("a\tb\r1\t\"x\ny\"\r2\tz\r").Categories("b"));
        Assert.Equal([1, double.NaN, 2], Frames.Csv("a\n1\n\n2\n").Numbers("a"));
        Assert.Equal(2, Frames.Csv("a,b\n1,2\n\n3,4\n\n").RowCount);
        Assert.Equal<IEnumerable<string?>>(["NA"], Frames.Csv("a,b\n\"NA\",1\n").Categories("a"));
    }

    [Fact]
    public void Any_bytes_give_a_frame_or_a_clear_error()
    {
        var alphabet = Gen.Elements("a", "1", ",", "\n", "\r", "\"", ";", " ", "2024-01-01", "é", "-", "1e5", "NA");
        Check.QuickThrowOnFailure(Prop.ForAll(alphabet.ArrayOf().ToArbitrary(), parts =>
        {
            try
            {
                Frames.Csv(string.Concat(parts));
            }
            catch (TrainingDataException)
            {
                // Refused in words: that is the other good end.
            }
        }));
    }

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        var frame = new DataFrame(
        [
            new NumberColumn("n, 1", [0.1, double.NaN, -1e-300]),
            new CategoryColumn("c", ["a\"b", null, " NA\n"]),
            new TimestampColumn("t", [-1, TimestampColumn.Missing, 253402300799]),
        ]);
        using var stream = new MemoryStream();
        frame.WriteCsv(stream);
        stream.Position = 0;
        var back = DataFrame.Read(stream);
        Assert.Equal(frame.Numbers("n, 1"), back.Numbers("n, 1"));
        Assert.Equal<IEnumerable<string?>>(frame.Categories("c"), back.Categories("c"));
        Assert.Equal(frame.Timestamps("t"), back.Timestamps("t"));
    }

    [Fact]
    public void Frames_are_sorted_stably_cut_and_joined()
    {
        var frame = Frames.Csv("t,x\n2024-01-02,1\n2024-01-01,2\n2024-01-02,3\n2024-01-01,4\n");
        var sorted = frame.SortByTime("t");
        Assert.Equal([2, 4, 1, 3], sorted.Numbers("x"));
        Assert.Equal([4, 1], sorted.Slice(1, 2).Numbers("x"));
        var joined = DataFrame.Concat([sorted.Slice(0, 1), Frames.Csv("x,t\n9,2024-03-01\n"), Frames.Csv("x,t\n,2024-03-02\n")]);
        Assert.Equal([2, 9, double.NaN], joined.Numbers("x"));
        Assert.Contains(
            "without the columns t", Assert.Throws<TrainingDataException>(() => DataFrame.Concat([frame, Frames.Csv("x\n1\n")])).Message,
            StringComparison.Ordinal);
        Assert.Contains("holds numbers in one part and categories", Assert.Throws<TrainingDataException>(() => DataFrame.Concat([frame, Frames.Csv("x,t\nred,2024-01-01\n")])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "has no value in row 1", Assert.Throws<TrainingDataException>(() => Frames.Csv("t,x\n,1\n2024-01-01,2\n").SortByTime("t")).Message,
            StringComparison.Ordinal);
        Assert.Contains("columns: t, x", Assert.Throws<TrainingDataException>(() => frame["y"]).Message, StringComparison.Ordinal);
    }
}
