using System.Text.RegularExpressions;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.Extensions.Configuration;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>Replaces <c>%setting%</c> in attribute texts by what the configuration says.</summary>
internal static partial class SettingsResolver
{
    /// <summary>The text with every <c>%name%</c> replaced; throws <see cref="FunctionBindingException"/> when a setting is not there.</summary>
    public static string Resolve(string text, IConfiguration configuration) => Setting().Replace(text, match =>
        configuration[match.Groups[1].Value] is { Length: > 0 } value
            ? value
            : throw new FunctionBindingException($"the setting '{match.Groups[1].Value}' in '{text}' is not set"));

    [GeneratedRegex("%([^%]+)%", RegexOptions.CultureInvariant)]
    private static partial Regex Setting();
}
