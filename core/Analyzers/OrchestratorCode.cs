using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Iml4e.Analyzers;

/// <summary>The code of a compilation, and what of it runs as part of an orchestrator.</summary>
internal sealed class OrchestratorCode
{
    private readonly ConcurrentDictionary<ISymbol, FunctionCode> code = new(SymbolEqualityComparer.Default);
    private readonly ConcurrentBag<(string Name, IMethodSymbol Method)> orchestrators = [];

    /// <summary>The code of a function; made when it is not known yet.</summary>
    public FunctionCode Of(ISymbol function) => code.GetOrAdd(function, static _ => new FunctionCode());

    public void AddOrchestrator(string name, IMethodSymbol method) => orchestrators.Add((name, method));

    /// <summary>Reports what is wrong in the code that orchestrators run.</summary>
    public void Report(FunctionTable functions, Action<Diagnostic> report)
    {
        foreach (var (name, method) in orchestrators)
        {
            foreach (var finding in Orchestrators.CheckParameters(method))
                report(finding.For(name));
        }

        foreach (var (name, function) in Reachable())
        {
            foreach (var finding in function.Findings)
                report(finding.For(name));
            foreach (var call in function.Calls)
            {
                foreach (var wrong in functions.Check(call, name))
                    report(wrong);
            }
        }
    }

    /// <summary>All code that an orchestrator runs, each once, with the name of the first orchestrator that runs it.</summary>
    private IEnumerable<(string Orchestrator, FunctionCode Code)> Reachable()
    {
        var seen = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        foreach (var (name, root) in orchestrators.OrderBy(orchestrator => orchestrator.Name, StringComparer.Ordinal))
        {
            var pending = new Stack<ISymbol>([root]);
            while (pending.Count > 0)
            {
                var symbol = pending.Pop();
                if (!seen.Add(symbol) || !code.TryGetValue(symbol, out var function))
                    continue;
                yield return (name, function);
                foreach (var callee in function.Callees)
                    pending.Push(callee);
            }
        }
    }
}
