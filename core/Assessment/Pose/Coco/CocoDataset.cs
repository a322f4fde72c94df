namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Ground truth: images, categories and annotations. Images and categories are in the order of their ids, annotations in that of the file.</summary>
public sealed class CocoDataset
{
    /// <summary>Makes a data set.</summary>
    /// <param name="images">Each id once.</param>
    /// <param name="categories">Each id once.</param>
    /// <param name="annotations">Of those images and categories, each id once.</param>
    /// <exception cref="ArgumentException">An id is there twice, or an annotation names an image or a category that is not there.</exception>
    public CocoDataset(IEnumerable<CocoImage> images, IEnumerable<CocoCategory> categories, IReadOnlyList<CocoAnnotation> annotations)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        Images = [.. images.OrderBy(i => i.Id)];
        Categories = [.. categories.OrderBy(c => c.Id)];
        Annotations = annotations;
        ImagePlaces = Places(Images.Select(i => i.Id), nameof(images));
        CategoryPlaces = Places(Categories.Select(c => c.Id), nameof(categories));
        Places(annotations.Select(a => a.Id), nameof(annotations));
        foreach (var annotation in annotations)
        {
            if (!ImagePlaces.ContainsKey(annotation.ImageId))
                throw new ArgumentException($"Annotation {annotation.Id} is of image {annotation.ImageId}, which is not there.", nameof(annotations));
            if (!CategoryPlaces.ContainsKey(annotation.CategoryId))
                throw new ArgumentException($"Annotation {annotation.Id} is of category {annotation.CategoryId}, which is not there.", nameof(annotations));
        }
    }

    /// <summary>The images by ascending id.</summary>
    public IReadOnlyList<CocoImage> Images { get; }

    /// <summary>The categories by ascending id.</summary>
    public IReadOnlyList<CocoCategory> Categories { get; }

    /// <summary>The annotations.</summary>
    public IReadOnlyList<CocoAnnotation> Annotations { get; }

    /// <summary>Image id to its place in <see cref="Images"/>.</summary>
    internal IReadOnlyDictionary<long, int> ImagePlaces { get; }

    /// <summary>Category id to its place in <see cref="Categories"/>.</summary>
    internal IReadOnlyDictionary<long, int> CategoryPlaces { get; }

    private static Dictionary<long, int> Places(IEnumerable<long> ids, string what)
    {
        var places = new Dictionary<long, int>();
        foreach (var id in ids)
        {
            if (!places.TryAdd(id, places.Count))
                throw new ArgumentException($"The id {id} is there twice.", what);
        }

        return places;
    }
}
