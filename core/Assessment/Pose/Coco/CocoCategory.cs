namespace Iml4e.Assessment.Pose.Coco;

/// <summary>A category of a data set.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Keypoints">Names of its keypoints; empty = it has none.</param>
/// <param name="Links">Pairs of keypoints that a drawing joins, from 0.</param>
public sealed record CocoCategory(long Id, string Name, IReadOnlyList<string> Keypoints, IReadOnlyList<(int From, int To)> Links)
{
    /// <summary>A category without keypoints.</summary>
    public CocoCategory(long id, string name)
        : this(id, name, [], [])
    {
    }
}
