using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Assessment.Jobs;
using Iml4e.Inference.Images;
using Iml4e.Learning;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>The images of a job's data set: a zip of pictures, or a table with a value a column.</summary>
internal sealed class ImageSource : IDisposable
{
    private readonly Func<int, LoadedImage> _read;
    private readonly IDisposable? _owned;

    private ImageSource(string title, IReadOnlyList<string> ids, Func<int, LoadedImage> read, IDisposable? owned) =>
        (Title, Ids, _read, _owned) = (title, ids, read, owned);

    /// <summary>DATASET/VERSION.</summary>
    internal string Title { get; }

    /// <summary>Names of the images, those that were chosen.</summary>
    internal IReadOnlyList<string> Ids { get; }

    /// <summary>Names of the classes of objects; empty where the data set does not say them.</summary>
    internal IReadOnlyList<string> Classes { get; private init; } = [];

    /// <summary>Opens the data set and chooses.</summary>
    /// <param name="request">The job's request.</param>
    /// <param name="shape">Shape that a row of a table has.</param>
    /// <param name="codec">Decodes pictures.</param>
    /// <param name="context">Access to the data set.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="JobInputException">The data set is not what an attack needs.</exception>
    internal static async Task<ImageSource> OpenAsync(AdversarialRequest request, ImageShape shape, ImageCodec codec, IJobContext context, CancellationToken ct)
    {
        var dataset = request.Dataset!;
        var version = request.DatasetVersion ?? dataset.VersionOrNewest;
        var files = await context.FindDatasetAsync(dataset.Name, version, ct);
        var source = files.Parts is [{ MediaType: "application/zip" } zip]
            ? Archive(files, await context.ReadAsync(zip.Digest, ct), dataset, codec)
            : await TableAsync(request, files, shape, context, ct);
        return source.Choose(dataset, request.Seed);
    }

    /// <summary>Reads one of the chosen images.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    /// <exception cref="InvalidImageException">It is no image.</exception>
    internal LoadedImage Read(int index) => _read(index);

    /// <inheritdoc/>
    public void Dispose() => _owned?.Dispose();

    private ImageSource Choose(DatasetReference dataset, long seed)
    {
        if (dataset.Sample is not { } count || count >= Ids.Count)
            return this;
        int[] chosen = dataset.Sampling == "first"
            ? [.. Enumerable.Range(0, count)]
            : [.. new SampleRandom(SampleRandom.Key(seed, "sampling")).NextOrder(Ids.Count).Take(count).Order()];
        return new ImageSource(Title, Array.ConvertAll(chosen, i => Ids[i]), i => _read(chosen[i]), _owned) { Classes = Classes };
    }

    private static ImageSource Archive(DatasetFiles files, byte[] content, DatasetReference dataset, ImageCodec codec)
    {
        try
        {
            var archive = ImageArchive.Open(new MemoryStream(content, writable: false), dataset.Annotations);
            var ids = archive.Ids;
            return new ImageSource($"{files.Dataset}/{files.Version}", ids, i => archive.Read(ids[i], codec), archive) { Classes = archive.Classes };
        }
        catch (InvalidDataException e)
        {
            throw new JobInputException("dataset", e.Message);
        }
    }

    private static async Task<ImageSource> TableAsync(AdversarialRequest request, DatasetFiles files, ImageShape shape, IJobContext context,
        CancellationToken ct)
    {
        if (files.Parts.Any(p => p.MediaType == "application/zip"))
            throw new JobInputException("dataset", "a zip of images stands alone in its version; upload it with mode=replace");
        if (request.IsDetection)
            throw new JobInputException("dataset", "a detector needs a zip of images, not a table");
        var frame = (await context.ReadDatasetAsync(files.Dataset, files.Version, ct)).Frame;
        if (request.Label is { } label && !frame.Has(label))
            throw new JobInputException("label", $"the table has no column '{label}'");
        var columns = frame.Columns.Where(c => c.Name != request.Label).ToList();
        if (columns.Find(c => c is not NumberColumn) is { } other)
            throw new JobInputException("dataset", $"column '{other.Name}' holds no numbers; a table of images has a value a column, and the label");
        if (columns.Count != shape.Size)
        {
            throw new JobInputException(
                "dataset",
                $"the table has {columns.Count} columns beside the label, and an image of {shape.Channels} x {shape.Height} x {shape.Width} has {shape.Size} values");
        }

        var values = columns.ConvertAll(c => ((NumberColumn)c).Values);
        var labels = request.Label is null ? null : Labels(frame, request.Label);
        var white = request.Dataset!.White;
        var places = request.Rows is null ? [.. Enumerable.Range(0, frame.RowCount)] : await PlacesAsync(request.Rows, frame.RowCount, context, ct);
        return new ImageSource($"{files.Dataset}/{files.Version}", Array.ConvertAll(places, p => "row-" + p.ToString("D6", CultureInfo.InvariantCulture)),
            Row, null);

        LoadedImage Row(int index)
        {
            var (row, image) = (places[index], new float[shape.Size]);
            for (var j = 0; j < image.Length; j++)
            {
                var value = values[j][row] / white;
                image[j] = value is >= -1e-6 and <= 1 + 1e-6
                    ? (float)Math.Clamp(value, 0, 1)
                    : throw new InvalidDataException(string.Create(
                        CultureInfo.InvariantCulture, $"column '{columns[j].Name}' is {values[j][row]}, outside of 0 to dataset.white, {white}"));
            }

            return new LoadedImage("row-" + row.ToString("D6", CultureInfo.InvariantCulture), shape, image, labels?[row], null);
        }
    }

    private static int[] Labels(DataFrame frame, string column)
    {
        var texts = frame[column] is NumberColumn numbers
            ? Array.ConvertAll(numbers.Values, v => (string?)v.ToString(CultureInfo.InvariantCulture))
            : frame.Categories(column);
        return Array.ConvertAll(texts, t => int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var label)
            ? label
            : throw new JobInputException("label", $"column '{column}' holds '{t}'; classes are whole numbers from 0"));
    }

    private static async Task<int[]> PlacesAsync(string digest, int rows, IJobContext context, CancellationToken ct)
    {
        try
        {
            var places = JsonSerializer.Deserialize<int[]>(await context.ReadAsync(digest, ct)) ?? [];
            return places.Length > 0 && places.All(p => p >= 0 && p < rows)
                ? places
                : throw new JobInputException("rows", $"must be places from 0 to {rows - 1}, one at least");
        }
        catch (JsonException)
        {
            throw new JobInputException("rows", "the artefact is no JSON list of whole numbers");
        }
    }
}
