using System.Globalization;

namespace Iml4e.Assessment.Acceptance;

/// <summary>
/// A condition on metrics by which a gate accepts: numbers, names with dots (mae, champion.mae), + - * / ( ) and minus, min, max, abs,
/// &lt; &lt;= &gt; &gt;= == !=, and, or, not. Nothing else can be said in it, so that it may come from anyone.
/// </summary>
/// <remarks>
/// A metric that is undefined makes a comparison undefined, and undefined is never accepted, not under <c>not</c> either (Kleene's three values):
/// "not (mae &gt; 2)" does not pass a model whose error is unknown. Numbers are compared exactly. There are no loops and no look-back: text and nesting are
/// limited and each token is read once, so that reading and evaluating take well below a millisecond, whatever is written.
/// </remarks>
/// <example><c>AcceptExpression.Parse("mae &lt;= champion.mae * 1.02").Evaluate(metrics)</c></example>
public sealed class AcceptExpression
{
    /// <summary>The longest text that is read, characters.</summary>
    public const int LongestText = 1000;

    private readonly LogicalNode _root;

    private AcceptExpression(string text, LogicalNode root, IReadOnlyList<string> names) => (Text, _root, Names) = (text, root, names);

    /// <summary>The text it was read from.</summary>
    public string Text { get; }

    /// <summary>The metrics it names, each once, in order of appearance.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The expression in its normal form: one space around operators, no needless parentheses; reads back as the same expression.</summary>
    public override string ToString() => AcceptPrinter.Print(_root);

    /// <summary>Reads an expression, or throws <see cref="AcceptExpressionException"/> that says where it fails and what was expected.</summary>
    public static AcceptExpression Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new AcceptExpressionException("expected a condition such as mae <= champion.mae * 1.02, found nothing", 1, 1);
        if (text.Length > LongestText)
            throw new AcceptExpressionException($"longer than {LongestText} characters", 1, LongestText + 1);
        var tokens = AcceptLexer.Read(text);
        var root = new AcceptParser(tokens).Parse();
        var names = new List<string>();
        Collect(root, names);
        return new AcceptExpression(text, root, names);
    }

    /// <summary>Evaluates on metrics that are all there; NaN counts as undefined.</summary>
    /// <exception cref="AcceptExpressionException">A name is not among the metrics; the message lists those that are.</exception>
    public AcceptResult Evaluate(IReadOnlyDictionary<string, double> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return Evaluate(name => metrics.TryGetValue(name, out var value) ? (true, value) : (false, null), metrics.Keys);
    }

    /// <summary>Evaluates on metrics some of which may be undefined (null).</summary>
    /// <inheritdoc cref="Evaluate(IReadOnlyDictionary{string, double})"/>
    public AcceptResult Evaluate(IReadOnlyDictionary<string, double?> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return Evaluate(name => metrics.TryGetValue(name, out var value) ? (true, value) : (false, null), metrics.Keys);
    }

    private AcceptResult Evaluate(Func<string, (bool Known, double? Value)> lookUp, IEnumerable<string> known)
    {
        var values = new Dictionary<string, double?>(StringComparer.Ordinal);
        foreach (var name in Names)
        {
            var (found, value) = lookUp(name);
            if (!found)
            {
                var place = Find(_root, name)!;
                var list = string.Join(", ", known.Order(StringComparer.Ordinal));
                throw new AcceptExpressionException(
                    $"there is no metric '{name}'; {(list.Length == 0 ? "there are none" : "there are " + list)}", place.Line, place.Column);
            }
            values[name] = value is { } v && double.IsFinite(v) ? v : null;
        }
        var (truth, text) = Judge(_root, values);
        return new AcceptResult(truth == true, text);
    }

    private static (bool? Truth, string Text) Judge(LogicalNode node, Dictionary<string, double?> values)
    {
        switch (node)
        {
            case ComparisonNode comparison:
                var left = Value(comparison.Left, values);
                var right = Value(comparison.Right, values);
                bool? truth = left is not { } a || right is not { } b ? null : comparison.Operator switch
                {
                    "<" => a < b,
                    "<=" => a <= b,
                    ">" => a > b,
                    ">=" => a >= b,
                    "==" => a == b,
                    _ => a != b,
                };
                var outcome = truth switch { true => "true", false => "false", null => "false (undefined)" };
                return (truth, $"{Side(comparison.Left, left, values)} {comparison.Operator} {Side(comparison.Right, right, values)}: {outcome}");
            case NotNode not:
                var (inner, text) = Judge(not.Operand, values);
                return (!inner, $"not ({text})");
            case ConnectiveNode both:
                var (first, firstText) = Judge(both.Left, values);
                var (second, secondText) = Judge(both.Right, values);
                return (both.And ? first & second : first | second, $"({firstText}) {(both.And ? "and" : "or")} ({secondText})");
            default:
                throw new InvalidOperationException($"Unknown condition {node.GetType().Name}.");
        }
    }

    /// <summary>The value, null where a metric is undefined or the arithmetic leaves the numbers (a division by zero, an overflow).</summary>
    private static double? Value(NumericNode node, Dictionary<string, double?> values)
    {
        double? value = node switch
        {
            LiteralNode literal => literal.Value,
            MetricNode metric => values[metric.Name],
            NegationNode negation => -Value(negation.Operand, values),
            ArithmeticNode { Operator: '+' } sum => Value(sum.Left, values) + Value(sum.Right, values),
            ArithmeticNode { Operator: '-' } difference => Value(difference.Left, values) - Value(difference.Right, values),
            ArithmeticNode { Operator: '*' } product => Value(product.Left, values) * Value(product.Right, values),
            ArithmeticNode quotient => Value(quotient.Left, values) / Value(quotient.Right, values),
            FunctionNode { Name: "abs" } abs => Value(abs.Arguments[0], values) is { } x ? Math.Abs(x) : null,
            FunctionNode function => Extreme(function, values),
            _ => throw new InvalidOperationException($"Unknown number {node.GetType().Name}."),
        };
        return value is { } v && double.IsFinite(v) ? v : null;
    }

    private static double? Extreme(FunctionNode function, Dictionary<string, double?> values)
    {
        double? best = null;
        foreach (var argument in function.Arguments)
        {
            if (Value(argument, values) is not { } x)
                return null;
            best = best is not { } b ? x : function.Name == "min" ? Math.Min(b, x) : Math.Max(b, x);
        }
        return best;
    }

    private static string Side(NumericNode node, double? value, Dictionary<string, double?> values)
    {
        var text = Write(node, values, 0);
        return node is LiteralNode or MetricNode ? text : $"{text} = {Text6(value)}";
    }

    private static string Write(NumericNode node, Dictionary<string, double?> values, int outer) => node switch
    {
        LiteralNode literal => literal.Text,
        MetricNode metric => $"{metric.Name} {Text6(values[metric.Name])}",
        NegationNode negation => $"-{Write(negation.Operand, values, 3)}",
        ArithmeticNode { Operator: '+' or '-' } sum => Wrap(
            $"{Write(sum.Left, values, 1)} {sum.Operator} {Write(sum.Right, values, 2)}", outer > 1),
        ArithmeticNode product => Wrap($"{Write(product.Left, values, 2)} {product.Operator} {Write(product.Right, values, 3)}", outer > 2),
        FunctionNode function => $"{function.Name}({string.Join(", ", function.Arguments.Select(a => Write(a, values, 0)))})",
        _ => throw new InvalidOperationException($"Unknown number {node.GetType().Name}."),
    };

    private static string Wrap(string text, bool wrap) => wrap ? $"({text})" : text;

    private static string Text6(double? value) => value is { } v ? v.ToString("G6", CultureInfo.InvariantCulture) : "undefined";

    private static void Collect(AcceptNode node, List<string> names)
    {
        if (node is MetricNode metric && !names.Contains(metric.Name))
            names.Add(metric.Name);
        foreach (var child in Children(node))
            Collect(child, names);
    }

    private static MetricNode? Find(AcceptNode node, string name) =>
        node is MetricNode metric && metric.Name == name ? metric : Children(node).Select(c => Find(c, name)).FirstOrDefault(f => f is not null);

    private static IEnumerable<AcceptNode> Children(AcceptNode node) => node switch
    {
        ComparisonNode c => [c.Left, c.Right],
        NotNode n => [n.Operand],
        ConnectiveNode c => [c.Left, c.Right],
        NegationNode n => [n.Operand],
        ArithmeticNode a => [a.Left, a.Right],
        FunctionNode f => f.Arguments,
        _ => [],
    };
}
