using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.CommandLine.Jobs;

namespace Iml4e.CommandLine.Poses;

/// <summary>Finds the skeleton that a person names.</summary>
internal static class SkeletonFile
{
    /// <summary>A built-in skeleton by its name, or one from a file.</summary>
    /// <param name="nameOrFile">Name or path.</param>
    /// <param name="uniformSigma">Sigma of all keypoints of a file that has none; null = such a file is refused.</param>
    /// <exception cref="RequestException">There is none, or it is wrong.</exception>
    public static SkeletonDefinition Find(string nameOrFile, double? uniformSigma)
    {
        if (SkeletonDefinition.BuiltIn.FirstOrDefault(s => s.Name == nameOrFile) is { } known)
            return known;
        if (!File.Exists(nameOrFile))
        {
            throw new RequestException(
                $"There is no skeleton '{nameOrFile}': neither a file nor one of {string.Join(", ", SkeletonDefinition.BuiltIn.Select(s => s.Name))}.");
        }

        try
        {
            return SkeletonReader.Read(File.ReadAllBytes(nameOrFile), uniformSigma);
        }
        catch (SkeletonFormatException wrong)
        {
            throw new RequestException($"{nameOrFile}: {wrong.Message}");
        }
    }
}
