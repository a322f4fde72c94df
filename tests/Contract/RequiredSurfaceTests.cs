using Iml4e.LocalRuntime.Worker;

namespace Iml4e.Tests.Contract;

/// <summary>Whatever function apps need of the real packages, the local runtime has, in every overload that the real one has.</summary>
public sealed class RequiredSurfaceTests
{
    private static readonly IReadOnlyDictionary<string, Type> Ours = typeof(FunctionAttribute).Assembly.GetExportedTypes()
        .Where(type => ApiText.RealNamespace(type.Namespace) is not null)
        .ToDictionary(type => ApiFacts.Key(ApiText.NameOf(type)), StringComparer.Ordinal);

    public static TheoryData<string> Types() => new(RequiredSurface.Members.Keys);

    [Theory]
    [MemberData(nameof(Types))]
    public void A_required_type_is_there_with_its_members(string name)
    {
        Assert.True(ApiFacts.Types.TryGetValue(name, out var facts), $"{name} is not a type of the real packages: the requirement is wrong");
        Assert.True(Ours.TryGetValue(name, out var ours), $"{name} is missing");
        Assert.Equal([], Missing(facts.Members, RequiredSurface.Members[name], ApiText.MembersOf(ours).ToHashSet(StringComparer.Ordinal)));
    }

    [Fact]
    public void A_missing_overload_is_found()
    {
        string[] real =
            ["public System.Void Go(System.Int32 count)", "public virtual System.Void Go<T>(T value)", "public System.Int32 Count { get; }", "A = 1"];
        Assert.Equal([real[1], real[3]], Missing(real, ["Go", "Count", "A = 1"], [real[0], real[2]]));
        Assert.Equal(["Gone: the real type has no such member"], Missing(real, ["Gone"], [.. real]));
    }

    private static string[] Missing(IReadOnlyList<string> real, IEnumerable<string> required, HashSet<string> ours)
    {
        var missing = new List<string>();
        foreach (var name in required)
        {
            var overloads = real.Where(member => member == name || NameOf(member) == name).ToList();
            if (overloads.Count == 0)
                missing.Add($"{name}: the real type has no such member");
            missing.AddRange(overloads.Where(member => !ours.Contains(member)));
        }

        return [.. missing];
    }

    private static string NameOf(string member)
    {
        // The name is the last word before the parameters, the accessors, the generic parameters or the end.
        var end = member.EndsWith('}') ? member.IndexOf(" {", StringComparison.Ordinal) : member.IndexOf('(', StringComparison.Ordinal);
        var head = end < 0 ? member : member[..end];
        if (head.EndsWith('>'))
        {
            var depth = 0;
            var open = head.Length;
            do
            {
                open--;
                depth += head[open] == '>' ? 1 : head[open] == '<' ? -1 : 0;
            }
            while (depth > 0);
            head = head[..open];
        }

        return head[(head.LastIndexOf(' ') + 1)..];
    }
}
