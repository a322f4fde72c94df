using System.IO.Compression;
using Iml4e.Inference.Images;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>A zip of JPEG and PNG images, with a file of what is there: COCO annotations (.json), or a table of file and label (.csv).</summary>
public sealed class ImageArchive : IDisposable
{
    private const int MostEntries = 200_000;
    private const long MostBytes = 64L << 20;
    private static readonly string[] ImageEndings = [".jpg", ".jpeg", ".png"];
    private readonly ZipArchive _zip;
    private readonly Dictionary<string, ZipArchiveEntry> _images;
    private readonly (string Name, byte[] Content)? _file;
    private readonly ArchiveAnnotations _annotations;

    private ImageArchive(ZipArchive zip, Dictionary<string, ZipArchiveEntry> images, (string Name, byte[] Content)? file) =>
        (_zip, _images, _file, _annotations) = (zip, images, file, ArchiveAnnotations.Read(file));

    /// <summary>Names of the images without their endings, in order.</summary>
    public IReadOnlyList<string> Ids => [.. _images.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Names of the classes of objects; empty where the archive does not say them.</summary>
    public IReadOnlyList<string> Classes => _annotations.Classes;

    /// <summary>The file of COCO annotations; null where there is none.</summary>
    public byte[]? AnnotationDocument => _file is { } file && file.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? file.Content : null;

    /// <summary>The file with what is there in the images; null where there is none.</summary>
    public (string Name, byte[] Content)? AnnotationFile => _file;

    /// <summary>Name of an image's file.</summary>
    public string NameOf(string id) => _images[id].FullName;

    /// <summary>Whether an image of that name is there.</summary>
    public bool Contains(string id) => _images.ContainsKey(id);

    /// <summary>An image as it was put there.</summary>
    /// <exception cref="InvalidDataException">It is larger than it says, or too large.</exception>
    public byte[] File(string id) => Content(_images[id]);

    /// <summary>Whether bytes begin as a zip file does.</summary>
    public static bool IsZip(ReadOnlySpan<byte> start) => start.StartsWith("PK\u0003\u0004"u8);

    /// <summary>Opens an archive.</summary>
    /// <param name="file">The file; it must stay open as long as the archive.</param>
    /// <param name="annotations">File in it with what is there; null = the only .json or .csv, if there is one.</param>
    /// <param name="leaveOpen">Whether the file stays open when the archive is disposed of.</param>
    /// <exception cref="InvalidDataException">It is no archive of images; says why.</exception>
    public static ImageArchive Open(Stream file, string? annotations = null, bool leaveOpen = false)
    {
        ZipArchive zip;
        try
        {
            zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException("the file is no zip archive, or is cut off", e);
        }

        try
        {
            if (zip.Entries.Count > MostEntries)
                throw new InvalidDataException($"the archive has more than {MostEntries} files");
            var images = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
            foreach (var entry in zip.Entries.Where(e => ImageEndings.Contains(Path.GetExtension(e.Name), StringComparer.OrdinalIgnoreCase)))
            {
                // What some archivers put beside each file is none of ours.
                if (!entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal) && !images.TryAdd(Path.GetFileNameWithoutExtension(entry.Name), entry))
                    throw new InvalidDataException($"the archive has two images named '{Path.GetFileNameWithoutExtension(entry.Name)}'");
            }

            if (images.Count == 0)
                throw new InvalidDataException("the archive has no image (.jpg, .jpeg, .png)");
            return new ImageArchive(zip, images, FindAnnotations(zip, annotations));
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    /// <summary>Reads an image.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="codec">Decodes it.</param>
    /// <exception cref="InvalidDataException">It is damaged or too large.</exception>
    /// <exception cref="InvalidImageException">It is no image that can be decoded.</exception>
    public LoadedImage Read(string id, ImageCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        var image = codec.Decode(Content(_images[id]));
        var shape = new Threat.ImageShape(3, (int)image.Shape[0], (int)image.Shape[1]);
        var values = new float[shape.Size];
        var bytes = image.Data.Span;
        for (var i = 0; i < shape.Plane; i++)
        {
            for (var c = 0; c < 3; c++)
                values[c * shape.Plane + i] = bytes[3 * i + c] / 255f;
        }

        return new LoadedImage(id, shape, values, _annotations.Label(id), _annotations.Objects(id));
    }

    /// <inheritdoc/>
    public void Dispose() => _zip.Dispose();

    private static (string Name, byte[] Content)? FindAnnotations(ZipArchive zip, string? wanted)
    {
        var files = zip.Entries.Where(e => Path.GetExtension(e.Name) is ".json" or ".csv").ToList();
        var entry = wanted is null ? (files.Count == 1 ? files[0] : null) : zip.GetEntry(wanted)
            ?? throw new InvalidDataException($"the archive has no file '{wanted}'; it has {string.Join(", ", files.Take(10).Select(f => f.FullName))}");
        if (entry is null && files.Count > 1)
            throw new InvalidDataException(
                $"the archive has several .json and .csv files; name one as annotations: {string.Join(", ", files.Take(10).Select(f => f.FullName))}");
        return entry is null ? null : (entry.Name, Content(entry));
    }

    private static byte[] Content(ZipArchiveEntry entry)
    {
        if (entry.Length > MostBytes)
            throw new InvalidDataException($"'{entry.Name}' is larger than {MostBytes} bytes");
        using var stream = entry.Open();
        using var content = new MemoryStream();
        var chunk = new byte[64 << 10];
        int read;
        while ((read = stream.Read(chunk)) > 0)
        {
            if (content.Length + read > MostBytes)
                throw new InvalidDataException($"'{entry.Name}' is larger than it says");
            content.Write(chunk, 0, read);
        }

        return content.ToArray();
    }
}
