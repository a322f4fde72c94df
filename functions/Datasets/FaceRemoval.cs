using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Pose.Anonymisation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Models;
using Iml4e.Inference;
using Iml4e.Inference.Images;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Datasets;

/// <summary>Makes the faces in an uploaded zip of images unrecognisable before anything of it is stored.</summary>
internal sealed class FaceRemoval(CatalogStore catalog, ModelVetting vetting)
{
    private static readonly string[] Details = ["family", "method"];

    /// <summary>What was asked for; null = faces stay.</summary>
    /// <exception cref="ApiException">It makes no sense.</exception>
    public static FaceRemovalRequest? Read(IQueryCollection query)
    {
        if (!query.ContainsKey("anonymise"))
        {
            // Faces must not be stored because a word was forgotten.
            return Details.FirstOrDefault(query.ContainsKey) is { } detail
                ? throw ApiException.Invalid("anonymise", $"{detail} is there, and the face detector is not: anonymise=MODEL or MODEL/VERSION")
                : null;
        }

        if (query["anonymise"].ToString().Split('/') is not [{ Length: > 0 } model, .. [] or [{ Length: > 0 }]] parts)
            throw ApiException.Invalid("anonymise", "must be MODEL or MODEL/VERSION, a registered face detector");
        var family = query["family"].ToString();
        if (!DetectorFamilies.Names.Contains(family))
            throw ApiException.Invalid("family", $"says how the face detector is read; must be one of {string.Join(", ", DetectorFamilies.Names)}");
        var method = query["method"].ToString() switch
        {
            "" or "pixelate" => AnonymisationMethod.Pixelate,
            "blur" => AnonymisationMethod.Blur,
            _ => throw ApiException.Invalid("method", "must be pixelate or blur"),
        };
        return new FaceRemovalRequest(model, parts.Length > 1 ? parts[1] : "champion", family, method);
    }

    /// <summary>Writes the zip anew, without faces.</summary>
    /// <param name="content">The zip.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The new zip, from its start, and what was done.</returns>
    /// <exception cref="ApiException">There is no such model, it is no such detector, or the file is no zip of images.</exception>
    public async Task<(Stream Content, FaceRemovalResult Result)> ApplyAsync(Stream content, FaceRemovalRequest request, CancellationToken ct)
    {
        using var detector = await LoadAsync(request, ct);
        var target = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16,
            FileOptions.DeleteOnClose);
        try
        {
            using var archive = ImageArchive.Open(content, leaveOpen: true);
            using var codec = new ImageCodec();
            var anonymizer = new FaceAnonymizer(
                detector, FaceAnonymizerOptions.PreprocessingOf(request.Family), new FaceAnonymizerOptions { Method = request.Method });
            var (images, faces, left) = await Task.Run(() => AnonymisedArchive.Write(archive, anonymizer, codec, target, ct), ct);
            if (images == 0)
                throw new InvalidDataException("none of the images can be read");
            target.Position = 0;
            return (target, new FaceRemovalResult(images, faces, left));
        }
        catch (InvalidDataException e)
        {
            await target.DisposeAsync();
            throw ApiException.Invalid("body", $"{e.Message}; faces are made unrecognisable in a zip of images");
        }
        catch (InferenceFailedException e)
        {
            await target.DisposeAsync();
            throw ApiException.Invalid("anonymise", $"the model fails on an image: {e.Message}");
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    private async Task<Detector> LoadAsync(FaceRemovalRequest request, CancellationToken ct)
    {
        if (!ResourceName.IsValid(request.Model) || await catalog.Models.GetAsync(request.Model, ct) is not { } model)
            throw ApiException.Invalid("anonymise", $"there is no model '{request.Model}'");
        var version = model.Aliases.GetValueOrDefault(request.Version) ?? request.Version;
        if (model.Versions.All(v => v.Version != version))
            throw ApiException.Invalid("anonymise", $"model '{request.Model}' has no version or alias '{request.Version}'");
        var details = (await catalog.Models.GetVersionAsync(request.Model, version, ct))!;
        try
        {
            return Detector.Load(await vetting.ReadAsync(details, ct), new DetectorOptions
            {
                Family = request.Family, Preprocessing = FaceAnonymizerOptions.PreprocessingOf(request.Family), Rows = 1,
            });
        }
        catch (Exception e) when (e is UnattackableModelException or InvalidModelException)
        {
            throw ApiException.Invalid("anonymise", $"the model cannot be read as {request.Family}: {e.Message}");
        }
    }
}
