using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Iml4e.Tests.Contract;

/// <summary>
/// A reference assembly made out of the facts: declarations without behaviour, enough to compile against. What the facts do not record (operators, params,
/// interfaces of classes) and the documentation of the real packages does is in the tables below. A line that does not compile, because it names a type of a
/// package that is not here, is left out, which can only make the guard stricter.
/// </summary>
internal static partial class StubAssembly
{
    private static readonly Dictionary<string, string[]> Interfaces = new(StringComparer.Ordinal)
    {
        ["Microsoft.Azure.Functions.Worker.Builder.FunctionsApplicationBuilder"] =
            ["Microsoft.Extensions.Hosting.IHostApplicationBuilder", "Microsoft.Azure.Functions.Worker.IFunctionsWorkerApplicationBuilder"],
        ["Microsoft.Azure.Functions.Worker.Http.HttpCookie"] = ["Microsoft.Azure.Functions.Worker.Http.IHttpCookie"],
        ["Microsoft.DurableTask.Entities.TaskEntity`1"] = ["Microsoft.DurableTask.Entities.ITaskEntity"],
        ["Microsoft.DurableTask.AsyncPageable`1"] = ["System.Collections.Generic.IAsyncEnumerable<T>"],
        ["Microsoft.DurableTask.Client.DurableTaskClient"] = ["System.IAsyncDisposable"],
    };

    private static readonly Dictionary<string, string> Additions = new(StringComparer.Ordinal)
    {
        ["Microsoft.DurableTask.TaskName"] =
            "public static implicit operator TaskName(string value) => throw null; public static implicit operator string(TaskName value) => throw null;"
            + " public static bool operator ==(TaskName a, TaskName b) => throw null; public static bool operator !=(TaskName a, TaskName b) => throw null;",
        ["Microsoft.DurableTask.TaskVersion"] =
            "public static implicit operator TaskVersion(string value) => throw null; public static implicit operator string(TaskVersion value) => throw null;",
        ["Microsoft.DurableTask.TaskRetryOptions"] =
            "public static implicit operator TaskRetryOptions(RetryPolicy policy) => throw null;"
            + " public static implicit operator TaskRetryOptions(RetryHandler handler) => throw null;"
            + " public static implicit operator TaskRetryOptions(AsyncRetryHandler handler) => throw null;",
        ["Microsoft.Azure.Functions.Worker.Builder.FunctionsApplicationBuilder"] =
            "Microsoft.Extensions.Configuration.IConfigurationManager Microsoft.Extensions.Hosting.IHostApplicationBuilder.Configuration => throw null;",
    };

    private static readonly string[] WithParams =
        ["Microsoft.Azure.Functions.Worker.HttpTriggerAttribute", "Microsoft.DurableTask.Entities.TaskOrchestrationEntityFeature"];

    /// <summary>Compiles the stubs; <paramref name="leftOut"/> lists the lines that do not compile here.</summary>
    public static MetadataReference Build(IReadOnlyList<MetadataReference> references, out IReadOnlyList<string> leftOut)
    {
        var dropped = new List<string>();
        var lines = Declarations().ToList();
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Disable);
        for (var round = 0; round < 20; round++)
        {
            var source = string.Join('\n', lines);
            var compilation = CSharpCompilation.Create("Stubs", [CSharpSyntaxTree.ParseText(source)], references, options);
            using var stream = new MemoryStream();
            var result = compilation.Emit(stream);
            if (result.Success)
            {
                leftOut = dropped;
                return MetadataReference.CreateFromImage(stream.ToArray());
            }

            var wrong = result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
                .GroupBy(diagnostic => diagnostic.Location.GetLineSpan().StartLinePosition.Line).ToDictionary(group => group.Key, group => group.First());
            foreach (var (line, diagnostic) in wrong)
            {
                // A line that opens a type cannot be left out by itself.
                if (lines[line].StartsWith("namespace", StringComparison.Ordinal))
                    throw new InvalidOperationException($"{diagnostic.GetMessage(null)} in {lines[line]}");
                dropped.Add($"{diagnostic.Id} {lines[line]}");
                lines[line] = "";
            }
        }

        throw new InvalidOperationException("The stubs do not compile: " + string.Join('\n', dropped.TakeLast(10)));
    }

    private static IEnumerable<string> Declarations()
    {
        foreach (var type in ApiFacts.Types.Values)
        {
            // The bare worker of the engine builds on packages that are not here, and functions do not touch it.
            if (type.Assembly == "Microsoft.DurableTask.Worker" || type.Namespace.Contains("DurableTask.Worker", StringComparison.Ordinal))
                continue;
            foreach (var line in Declare(type))
                yield return line;
        }
    }

    private static IEnumerable<string> Declare(ApiType type)
    {
        var key = ApiFacts.Key(type.Name);
        if (type.Kind == "delegate")
        {
            var invoke = type.Members.Single(member => member.Contains(" Invoke(", StringComparison.Ordinal))
                .Replace("public virtual ", "", StringComparison.Ordinal)
                .Replace(" Invoke(", $" {type.SimpleName}{type.Generics}(", StringComparison.Ordinal);
            yield return $"namespace {type.Namespace} {{ public delegate {Clean(invoke)}; }}";
            yield break;
        }

        var isRecord = type.Kind.EndsWith("class", StringComparison.Ordinal) && type.Kind != "static class"
            && (type.Members.Any(member => member.Contains(" EqualityContract ", StringComparison.Ordinal))
                || type.Members.Any(member => member.Contains($" Equals({type.Name} other)", StringComparison.Ordinal)));
        var kind = isRecord ? type.Kind.Replace("class", "record", StringComparison.Ordinal) : type.Kind;
        string[] bases = [.. type.Base is { } parent ? [parent] : Array.Empty<string>(), .. Interfaces.GetValueOrDefault(key, [])];
        var derives = bases.Length > 0 ? " : " + string.Join(", ", bases) : "";
        yield return $"namespace {type.Namespace} {{ public {kind} {type.SimpleName}{type.Generics}{derives} {{";
        if (Additions.TryGetValue(key, out var addition))
            yield return addition;
        if (kind is "class" or "abstract class" or "sealed class" or "record" or "abstract record" or "sealed record"
            && !type.Members.Any(member => member.EndsWith(" new()", StringComparison.Ordinal)))
            yield return $"internal {type.SimpleName}() {{ }}";
        foreach (var member in type.Members)
        {
            if (isRecord && RecordMember().IsMatch(member))
                continue;
            if (isRecord && member.Contains($"new({type.Name} original)", StringComparison.Ordinal))
                continue;
            yield return type.Kind == "enum" ? member + "," : Declare(type, key, member);
        }

        yield return "} }";
    }

    private static string Declare(ApiType type, string key, string member)
    {
        var text = Clean(member);
        if (WithParams.Contains(key))
            text = LastArray().Replace(text, match => match.Groups[1].Value + "params " + match.Groups[2].Value);
        if (type.Kind == "interface")
            return text.StartsWith("public ", StringComparison.Ordinal) ? text["public ".Length..] + (text.EndsWith('}') ? "" : ";") : text;
        if (text.Contains(" const ", StringComparison.Ordinal))
            return text.Replace("static const", "const", StringComparison.Ordinal) + " = default;";
        if (Constructor().Match(text) is { Success: true } constructor)
            return $"{constructor.Groups[1].Value} {type.SimpleName}({constructor.Groups[2].Value}) {{ }}";
        var isAbstract = text.Contains(" abstract ", StringComparison.Ordinal);
        var isStatic = text.Contains(" static ", StringComparison.Ordinal) || type.Kind is "static class";
        var overrides = !isStatic && Overrides(type, member);
        if (text.EndsWith('}'))
        {
            if (isAbstract)
                return overrides ? text.Replace(" abstract ", " abstract override ", StringComparison.Ordinal) : text;
            var body = text.Replace("get;", "get => throw null;", StringComparison.Ordinal)
                .Replace("set;", "set { }", StringComparison.Ordinal).Replace("init;", "init { }", StringComparison.Ordinal);
            var space = body.IndexOf(' ', StringComparison.Ordinal);
            return isStatic || type.Kind is "struct" ? body
                : overrides ? body[..space] + " override" + body[space..]
                : type.Kind.StartsWith("sealed", StringComparison.Ordinal) ? body : body[..space] + " virtual" + body[space..];
        }

        if (!text.EndsWith(')'))
            return text + ";";
        if (overrides)
            text = text.Contains(" virtual ", StringComparison.Ordinal) ? text.Replace(" virtual ", " override ", StringComparison.Ordinal)
                : isAbstract ? text.Replace(" abstract ", " abstract override ", StringComparison.Ordinal) : text;
        else if (type.Kind is "struct" || type.Kind.StartsWith("sealed", StringComparison.Ordinal))
            text = text.Replace(" virtual ", " ", StringComparison.Ordinal);
        return text + (isAbstract ? ";" : " => throw null;");
    }

    // Whether a base declares a member of the same name and parameters that can be overridden.
    private static bool Overrides(ApiType type, string member)
    {
        var signature = Signature(member);
        if (signature is "ToString()" or "GetHashCode()" or "Equals(System.Object)" && member.Contains(" virtual ", StringComparison.Ordinal))
            return true;
        for (var parent = type.Base; parent is not null && ApiFacts.Types.TryGetValue(ApiFacts.Key(parent), out var facts); parent = facts.Base)
        {
            if (facts.Members.Any(other => Signature(other) == signature && !other.Contains(" static ", StringComparison.Ordinal)
                && (other.Contains(" abstract ", StringComparison.Ordinal) || other.Contains(" virtual ", StringComparison.Ordinal) || other.EndsWith('}'))))
                return true;
        }

        return false;
    }

    private static string Signature(string member)
    {
        if (member.EndsWith('}'))
            return member[..member.IndexOf(" {", StringComparison.Ordinal)].Split(' ')[^1];
        var open = member.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
            return member;
        var depth = 0;
        var start = open;
        while (start > 0 && (depth > 0 || member[start - 1] != ' '))
        {
            start--;
            depth += member[start] == '>' ? 1 : member[start] == '<' ? -1 : 0;
        }

        var parameters = ApiFacts.Split(member[(open + 1)..^1]).Select(parameter => ParameterType().Match(parameter).Groups[1].Value);
        return $"{member[start..open]}({string.Join(',', parameters)})";
    }

    private static string Clean(string member) => ParameterName().Replace(
        member.Replace("System.Void ", "void ", StringComparison.Ordinal).Replace(" = False", " = false", StringComparison.Ordinal)
            .Replace(" = True", " = true", StringComparison.Ordinal)
            .Replace(" Azure.Core.", " global::Azure.Core.", StringComparison.Ordinal),
        match => match.Groups[1].Value + " @" + match.Groups[2].Value + match.Groups[3].Value);

    [GeneratedRegex(@"EqualityContract| Equals\(| GetHashCode\(| ToString\(", RegexOptions.CultureInvariant)]
    private static partial Regex RecordMember();

    [GeneratedRegex(@"^(public|protected) new\((.*)\)$", RegexOptions.CultureInvariant)]
    private static partial Regex Constructor();

    [GeneratedRegex(@"([(,]\s*)([\w.]+\[\] @\w+\))$", RegexOptions.CultureInvariant)]
    private static partial Regex LastArray();

    [GeneratedRegex(@"([\w\])>?]) ([A-Za-z_]\w*)((?: = [^,)]+)?[,)])", RegexOptions.CultureInvariant)]
    private static partial Regex ParameterName();

    [GeneratedRegex(@"^(?:this |out |ref )?(.+?) \w+(?: = .*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex ParameterType();
}
