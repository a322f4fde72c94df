namespace Iml4e.Tests.Contract;

/// <summary>The public API of the real packages, a line a member, as the lists beside this file have it.</summary>
internal static class ApiFacts
{
    private static readonly string[] Lists = ["functions-api.txt", "durabletask-core-api.txt"];

    /// <summary>All types by full name, generic parameters taken off.</summary>
    public static IReadOnlyDictionary<string, ApiType> Types { get; } = Read();

    /// <summary>A type's name without its generic parameters but with their number, such as <c>A.B`1</c>.</summary>
    public static string Key(string name)
    {
        var open = name.IndexOf('<', StringComparison.Ordinal);
        return open < 0 ? name : $"{name[..open]}`{Split(name[(open + 1)..^1]).Count}";
    }

    /// <summary>Splits at commas outside of angle brackets.</summary>
    public static IReadOnlyList<string> Split(string list)
    {
        var parts = new List<string>();
        var depth = 0;
        var start = 0;
        for (var i = 0; i < list.Length; i++)
        {
            depth += list[i] == '<' ? 1 : list[i] == '>' ? -1 : 0;
            if (list[i] == ',' && depth == 0)
            {
                parts.Add(list[start..i].Trim());
                start = i + 1;
            }
        }

        if (start < list.Length)
            parts.Add(list[start..].Trim());
        return parts;
    }

    private static Dictionary<string, ApiType> Read()
    {
        var types = new Dictionary<string, ApiType>(StringComparer.Ordinal);
        var assembly = "";
        ApiType? current = null;
        foreach (var line in Lists.SelectMany(list => File.ReadLines(Path.Combine(Repository.Root, "tests", "Contract", list))))
        {
            if (line.StartsWith("# assembly ", StringComparison.Ordinal))
            {
                assembly = line["# assembly ".Length..].Trim();
            }
            else if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                current!.Members.Add(line.Trim());
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                var colon = line.IndexOf(" : ", StringComparison.Ordinal);
                var (head, parent) = colon < 0 ? (line, null) : (line[..colon], line[(colon + 3)..]);

                // "abstract class A.B<T, U>": the name is what follows the last word of the kind.
                var kindEnd = new[] { "class ", "struct ", "interface ", "enum ", "delegate " }
                    .Select(kind => (Index: head.IndexOf(kind, StringComparison.Ordinal), kind.Length))
                    .Where(found => found.Index >= 0).Min();
                var name = head[(kindEnd.Index + kindEnd.Length)..];
                if (types.TryGetValue(Key(name), out current))
                    continue; // Two assemblies declare an extension class of one name; what either offers counts.
                current = new ApiType(head[..(kindEnd.Index + kindEnd.Length - 1)], name, parent, assembly, []);
                types.Add(Key(name), current);
            }
        }

        return types;
    }
}
