namespace Iml4e.Tests.Unit.Infra;

/// <summary>The files below infra/.</summary>
internal static class InfraFolder
{
    public static string Repository { get; } = FindRoot();

    public static string Root { get; } = Path.Combine(Repository, "infra");

    /// <summary>All Bicep files by their path below infra/.</summary>
    public static IReadOnlyDictionary<string, BicepFile> Bicep { get; } = Directory.EnumerateFiles(Root, "*.bicep", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(Root, file).Replace('\\', '/'), file => BicepFile.Parse(File.ReadAllText(file)));

    public static BicepFile Main => Bicep["main.bicep"];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Iml4e.Serverless.sln")))
                return directory.FullName;
        }

        throw new InvalidOperationException("The tests do not run below the repository.");
    }
}
