using System.IO.Compression;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Inference.Images;

namespace Iml4e.Assessment.Pose.Anonymisation;

/// <summary>Makes a zip of images into one without faces: the images are written anew, so that nothing of what a camera noted stays in them either.</summary>
public static class AnonymisedArchive
{
    /// <summary>Writes the archive; images that cannot be read are left out.</summary>
    /// <param name="archive">The images, with their annotations.</param>
    /// <param name="anonymizer">Makes faces unrecognisable.</param>
    /// <param name="codec">Reads and writes images.</param>
    /// <param name="target">Where to.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>Images written, faces in them, and the names of images that were left out.</returns>
    public static (int Images, int Faces, IReadOnlyList<string> LeftOut) Write(
        ImageArchive archive, FaceAnonymizer anonymizer, ImageCodec codec, Stream target, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(archive);
        ArgumentNullException.ThrowIfNull(anonymizer);
        ArgumentNullException.ThrowIfNull(codec);
        var (images, faces, left) = (0, 0, new List<string>());
        using var zip = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var id in archive.Ids)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                var photo = archive.File(id);
                var (image, found) = anonymizer.Apply(codec.Decode(photo), ImageTurn.Of(photo), ct);
                var isPng = Path.GetExtension(archive.NameOf(id)).Equals(".png", StringComparison.OrdinalIgnoreCase);
                Add(archive.NameOf(id), isPng ? codec.EncodePng(image) : codec.EncodeJpeg(image), CompressionLevel.NoCompression);
                (images, faces) = (images + 1, faces + found);
            }
            catch (Exception e) when (e is InvalidImageException or InvalidDataException)
            {
                left.Add(id);
            }
        }

        if (archive.AnnotationFile is { } file)
            Add(file.Name, file.Content, CompressionLevel.Optimal);
        return (images, faces, left);

        void Add(string name, byte[] content, CompressionLevel level)
        {
            using var entry = zip.CreateUndated(name, level).Open();
            entry.Write(content);
        }
    }
}
