using System.Diagnostics;
using System.Text.Json;
using Iml4e.Benchmarks.Gradients;
using Iml4e.Inference.Gradients;
using Iml4e.Tests.Unit.Inference.Gradients.Torch;
using Xunit.Abstractions;

namespace Iml4e.Tests.Unit.Inference.Gradients.Golden;

/// <summary>Outputs and gradients of every operator against PyTorch's automatic differentiation in double precision.</summary>
public sealed class GoldenOperatorTests(ITestOutputHelper log)
{
    // The largest difference over a tensor, relative to the tensor's largest number.
    private const double Tolerance = 1e-5;

    // Operators without a counterpart in PyTorch, and why.
    private static readonly Dictionary<string, string> Without = new(StringComparer.Ordinal)
    {
        ["QuantizeLinear"] = "its gradient is a convention, not a derivative; see the tests of quantised models",
        ["DequantizeLinear"] = "as QuantizeLinear",
        ["com.microsoft.SimplifiedLayerNormalization"] = "the runtime has it in the standard domain alone, where it has its cases",
    };

    public static TheoryData<string> Operators => [.. GoldenOperators.All.Select(c => c.Operator).Distinct().Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Outputs_and_gradients_are_those_of_PyTorch(string op)
    {
        var failures = new List<string>();
        foreach (var golden in GoldenOperators.All.Where(c => c.Operator == op))
        {
            foreach (var free in golden.MayBeFree ? new[] { false, true } : [false])
            {
                var name = free ? $"{golden.Name}, free dimensions" : golden.Name;
                try
                {
                    var errors = golden.Compare(free);
                    log.WriteLine($"{name}: {string.Join(", ", errors.Select(e => $"{e.Tensor} {e.Error:G3}"))}");
                    failures.AddRange(errors.Where(e => e.Error > Tolerance).Select(e => $"{name}: relative error of {e.Tensor} {e.Error:G3}"));
                }
                catch (Exception e)
                {
                    failures.Add($"{name}: {e.Message}");
                }
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public void Every_operator_with_a_rule_has_two_cases()
    {
        var counts = GoldenOperators.All.CountBy(c => c.Operator).ToDictionary(StringComparer.Ordinal);
        log.WriteLine($"{GoldenOperators.All.Count} cases of {counts.Count} operators, {GoldenOperators.All.Count(c => c.MayBeFree)} with free dimensions, too");
        Assert.True(GoldenOperators.All.Count >= 180, $"{GoldenOperators.All.Count} cases");
        Assert.Equal(GoldenOperators.All.Count, GoldenOperators.All.DistinctBy(c => c.Name).Count());
        Assert.True(GradientGraphBuilder.Operators.Intersect(counts.Keys).Count() >= 55);
        Assert.Equal(Without.Keys.Order(StringComparer.Ordinal), GradientGraphBuilder.Operators.Except(counts.Keys).Order(StringComparer.Ordinal));
        Assert.All(counts, c => Assert.True(c.Value >= 2, $"{c.Key} has {c.Value} case"));
        Assert.All(counts.Keys, op => Assert.Contains(GoldenOperators.All, c => c.Operator == op && c.MayBeFree));
    }

    [TorchFact]
    public void The_script_gives_the_file()
    {
        var fresh = Path.GetTempFileName();
        try
        {
            using var python = Process.Start(
                new ProcessStartInfo(TorchGraph.Python!, [GoldenOperators.Script, fresh]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var output = python.StandardOutput.ReadToEndAsync();
            var errors = python.StandardError.ReadToEnd();
            Assert.True(python.WaitForExit(TimeSpan.FromMinutes(5)), "PyTorch did not end");
            Assert.True(python.ExitCode == 0, errors + output.Result);
            var (expected, actual) = (GoldenOperators.Lines(GoldenOperators.File).ToList(), GoldenOperators.Lines(fresh).ToList());
            Assert.Equal(expected.Count, actual.Count);
            for (var i = 0; i < expected.Count; i++)
                Same(expected[i], actual[i], $"line {i + 1}");
        }
        finally
        {
            File.Delete(fresh);
        }
    }

    // Another version of PyTorch may round differently.
    private static void Same(JsonElement expected, JsonElement actual, string where)
    {
        Assert.True(expected.ValueKind == actual.ValueKind, where);
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(expected.EnumerateObject().Select(p => p.Name), actual.EnumerateObject().Select(p => p.Name));
                foreach (var property in expected.EnumerateObject())
                    Same(property.Value, actual.GetProperty(property.Name), $"{where}.{property.Name}");
                break;
            case JsonValueKind.Array:
                Assert.True(expected.GetArrayLength() == actual.GetArrayLength(), where);
                for (var i = 0; i < expected.GetArrayLength(); i++)
                    Same(expected[i], actual[i], $"{where}[{i}]");
                break;
            case JsonValueKind.Number:
                var (a, b) = (expected.GetDouble(), actual.GetDouble());
                Assert.True(Math.Abs(a - b) <= 1e-7 * Math.Max(1, Math.Abs(a)), $"{where}: {a:R} and {b:R}");
                break;
            default:
                Assert.True(expected.ToString() == actual.ToString(), where);
                break;
        }
    }
}
