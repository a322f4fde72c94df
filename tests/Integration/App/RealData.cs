using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Iml4e.Tests.Integration.App;

/// <summary>The real data that may lie beside the repository.</summary>
internal static class RealData
{
    private static readonly string? Root = Find();

    public static bool IsThere => Root is not null;

    public static byte[] Read(string path) => File.ReadAllBytes(Path.Combine(Root ?? throw new InvalidOperationException("no shared data"), path));

    /// <summary>The MNIST test part: pixels 0..255, 784 an image, and the digits.</summary>
    public static (byte[] Pixels, byte[] Labels) Mnist()
    {
        var images = Gunzip("mnist/t10k-images-idx3-ubyte.gz");
        var labels = Gunzip("mnist/t10k-labels-idx1-ubyte.gz");
        Assert.Equal(10_000, BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(4)));
        return (images[16..], labels[8..]);
    }

    /// <summary>One of scikit-learn's small sets as CSV with a header line: f0, f1, ..., label (a word), in an order that mixes the classes.</summary>
    public static byte[] Table(string file)
    {
        var lines = Encoding.UTF8.GetString(Read("tabular/" + file)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var head = lines[0].Split(',');
        var features = int.Parse(head[1], CultureInfo.InvariantCulture);
        var text = new StringBuilder(string.Join(',', Enumerable.Range(0, features).Select(i => $"f{i}"))).Append(",label\n");
        var rows = lines[1..];
        new Random(7).Shuffle(rows);
        foreach (var row in rows)
        {
            var fields = row.Split(',');
            text.AppendJoin(',', fields[..features]).Append(',').Append(head[2 + int.Parse(fields[features], CultureInfo.InvariantCulture)]).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] Gunzip(string path)
    {
        using var gzip = new GZipStream(new MemoryStream(Read(path)), CompressionMode.Decompress);
        using var result = new MemoryStream();
        gzip.CopyTo(result);
        return result.ToArray();
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            // The data lie beside the repository; worktrees lie a level deeper.
            var data = Path.Combine(folder.FullName, "shared", "data");
            if (File.Exists(Path.Combine(data, "SHA256SUMS")))
                return data;
        }

        return null;
    }
}

/// <summary>A test on real data; skipped, with the reason, where they are not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealDataFactAttribute : FactAttribute
{
    public RealDataFactAttribute()
    {
        if (!RealData.IsThere)
            Skip = "shared/data is not beside the repository";
    }
}
