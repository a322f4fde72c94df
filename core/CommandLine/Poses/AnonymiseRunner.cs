using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Pose.Anonymisation;
using Iml4e.CommandLine.Jobs;
using Iml4e.Inference;
using Iml4e.Inference.Images;

namespace Iml4e.CommandLine.Poses;

/// <summary>Makes the faces in a folder of images unrecognisable, before the images leave the device.</summary>
/// <param name="output">Where it is told what was done.</param>
internal sealed class AnonymiseRunner(TextWriter output)
{
    private static readonly string[] Endings = [".jpg", ".jpeg", ".png"];

    /// <summary>Writes images without faces.</summary>
    /// <param name="model">The face detector, ONNX.</param>
    /// <param name="family">How it is read.</param>
    /// <param name="source">Folder of JPEG and PNG images; what lies in folders below it is not looked at.</param>
    /// <param name="target">Folder for the images; those of the same names are replaced.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="RequestException">A file or folder is not there, or the model is no such detector.</exception>
    public void Run(FileInfo model, string family, DirectoryInfo source, DirectoryInfo target, FaceAnonymizerOptions options)
    {
        if (!source.Exists)
            throw new RequestException($"there is no folder {source}");
        if (source.FullName.TrimEnd('/') == target.FullName.TrimEnd('/'))
            throw new RequestException("images without faces go into another folder than that of the images with faces");
        var preprocessing = FaceAnonymizerOptions.PreprocessingOf(family);
        using var detector = Load(model, family, preprocessing);
        using var codec = new ImageCodec();
        var anonymizer = new FaceAnonymizer(detector, preprocessing, options);
        target.Create();
        var (images, faces, unread) = (0, 0, 0);
        var files = source.EnumerateFiles().Where(f => Endings.Contains(f.Extension, StringComparer.OrdinalIgnoreCase));
        foreach (var file in files.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            try
            {
                var content = File.ReadAllBytes(file.FullName);
                var (image, found) = anonymizer.Apply(codec.Decode(content), ImageTurn.Of(content));
                var isPng = file.Extension.Equals(".png", StringComparison.OrdinalIgnoreCase);
                File.WriteAllBytes(Path.Combine(target.FullName, file.Name), isPng ? codec.EncodePng(image) : codec.EncodeJpeg(image));
                (images, faces) = (images + 1, faces + found);
            }
            catch (InvalidImageException e)
            {
                unread++;
                output.WriteLine($"{file.Name} is left out: {e.Message}");
            }
        }

        output.WriteLine($"{images} images written, {faces} faces made unrecognisable, {unread} images left out");
    }

    private static Detector Load(FileInfo model, string family, Preprocessing preprocessing)
    {
        if (!model.Exists)
            throw new RequestException($"there is no file {model}");
        try
        {
            return Detector.Load(File.ReadAllBytes(model.FullName), new DetectorOptions
            {
                Family = family, Preprocessing = preprocessing, Rows = 1, Threads = Environment.ProcessorCount,
            });
        }
        catch (Exception e) when (e is UnattackableModelException or InvalidModelException)
        {
            throw new RequestException($"{model.Name} cannot be read as {family}: {e.Message}");
        }
    }
}
