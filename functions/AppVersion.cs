using System.Reflection;

namespace Iml4e.Functions;

/// <summary>The version of the app as built.</summary>
internal static class AppVersion
{
    /// <summary>Version text, such as 0.1.0.</summary>
    public static string Text { get; } =
        typeof(AppVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
