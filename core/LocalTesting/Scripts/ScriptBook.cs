namespace Iml4e.LocalRuntime.Testing.Scripts;

/// <summary>The scripts of the calls of one kind, by name whatever its case.</summary>
internal sealed class ScriptBook(string kind)
{
    private readonly Dictionary<string, List<(Func<ScriptedInput, bool> When, CallScript Script)>> conditional = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, CallScript> general = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The script of all calls of a name that no condition takes.</summary>
    public CallScript On(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!general.TryGetValue(name, out var script))
            general[name] = script = new CallScript($"{kind} '{name}'");
        return script;
    }

    /// <summary>The script of those calls of a name whose input meets a condition.</summary>
    public CallScript On<TInput>(string name, Func<TInput, bool> when)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(when);
        var script = new CallScript($"{kind} '{name}' under a condition");
        if (!conditional.TryGetValue(name, out var scripts))
            conditional[name] = scripts = [];
        scripts.Add((input => when(input.As<TInput>()), script));
        return script;
    }

    /// <summary>The script of a call; null when there is none.</summary>
    public CallScript? Find(string name, ScriptedInput input)
    {
        if (conditional.TryGetValue(name, out var scripts))
        {
            foreach (var (when, script) in scripts)
            {
                if (when(input))
                    return script;
            }
        }

        return general.GetValueOrDefault(name);
    }
}
