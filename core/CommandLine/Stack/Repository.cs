namespace Iml4e.CommandLine.Stack;

/// <summary>Where the parts of the product lie on this machine.</summary>
internal static class Repository
{
    private const string Marker = "Iml4e.Serverless.sln";

    /// <summary>The repository's root: the nearest folder above the program that holds the solution.</summary>
    /// <exception cref="StackException">There is none.</exception>
    public static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Marker)))
                return folder.FullName;
        }
        throw new StackException($"No folder above {AppContext.BaseDirectory} holds {Marker}: run the command from a checkout of the repository.");
    }

    /// <summary>Folder of the built function app, of the configuration that this program was built in.</summary>
    public static string FunctionsFolder()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var folder = Path.Combine(Root(), "functions", "bin", framework.Parent?.Name ?? "Release", framework.Name);
        return File.Exists(Path.Combine(folder, "Iml4e.Functions.dll"))
            ? folder
            : throw new StackException($"The function app is not built: {folder} has no Iml4e.Functions.dll. Run ./iml4e setup, or dotnet build -c Release.");
    }

    /// <summary>Azurite's blob service, a Node script.</summary>
    public static string AzuriteScript()
    {
        var script = Path.Combine(Root(), "node_modules", "azurite", "dist", "src", "blob", "main.js");
        return File.Exists(script) ? script : throw new StackException("Azurite is missing under node_modules. Run ./iml4e setup first.");
    }
}
