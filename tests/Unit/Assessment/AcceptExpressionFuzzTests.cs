using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Assessment.Acceptance;

namespace Iml4e.Tests.Unit.Assessment;

/// <summary>Random expressions against an evaluator of their own, their printed forms, and mutations of them.</summary>
public sealed class AcceptExpressionFuzzTests
{
    private static readonly Dictionary<string, double?> Metrics = new()
    {
        ["mae"] = 1.92, ["champion.mae"] = 2.1, ["challenger.r2_score"] = -0.5, ["failed"] = 0, ["gone"] = null, ["huge"] = 1e308,
    };

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void EvaluatesAsTheReferenceDoes() => Prop.ForAll(Seeds, seed =>
    {
        var written = new Writer(seed).Condition(4);
        if (written.Text.Length > AcceptExpression.LongestText)
            return;
        var expression = AcceptExpression.Parse(written.Text);
        Assert.Equal(written.Truth == true, expression.Evaluate(Metrics).Accepted);
        Assert.Equal(written.Truth == false, AcceptExpression.Parse($"not ({expression})").Evaluate(Metrics).Accepted);
    }).Check(Many);

    [Fact]
    public void ThePrintedFormIsTheSameExpression() => Prop.ForAll(Seeds, seed =>
    {
        var written = new Writer(seed).Condition(4);
        if (written.Text.Length > AcceptExpression.LongestText)
            return;
        var expression = AcceptExpression.Parse(written.Text);
        var printed = expression.ToString();
        var again = AcceptExpression.Parse(printed);
        Assert.Equal(printed, again.ToString());
        Assert.Equal(expression.Names, again.Names);
        Assert.Equal(expression.Evaluate(Metrics), again.Evaluate(Metrics));
    }).Check(Many);

    [Fact]
    public void AMutatedExpressionIsReadOrRefusedAtAPlaceInIt() => Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var text = new Writer(seed).Condition(3).Text;
        for (var i = random.Next(1, 4); i > 0 && text.Length > 0; i--)
            text = Mutate(text, random);
        try
        {
            Assert.NotEmpty(AcceptExpression.Parse(text).Evaluate(Metrics).Explanation);
        }
        catch (AcceptExpressionException e)
        {
            var lines = text.Split('\n');
            Assert.InRange(e.Line, 1, lines.Length);
            Assert.InRange(e.Column, 1, lines[e.Line - 1].Length + 1);
            Assert.StartsWith($"line {e.Line}, column {e.Column}: ", e.Message, StringComparison.Ordinal);
        }
    }).Check(Many);

    [Theory]
    [InlineData("((mae)<(2))", "mae < 2")]
    [InlineData("1-(2-3)==2", "1 - (2 - 3) == 2")]
    [InlineData("(1-2)-3==2", "1 - 2 - 3 == 2")]
    [InlineData("-(1+2)*3 < 4/(5*6)", "-(1 + 2) * 3 < 4 / (5 * 6)")]
    [InlineData("not (a<1 or b<2) and not c<3", "not (a < 1 or b < 2) and not c < 3")]
    [InlineData("a<1 and (b<1 and c<1) or (d<1 or e<1)", "a < 1 and (b < 1 and c < 1) or (d < 1 or e < 1)")]
    [InlineData("(not(a<1)) or - -min(1,(b)) > .5", "not a < 1 or --min(1, b) > .5")]
    public void Prints(string text, string printed) => Assert.Equal(printed, AcceptExpression.Parse(text).ToString());

    private static Arbitrary<int> Seeds => Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    private static string Mutate(string text, Random random)
    {
        const string Alphabet = "()<>=!+-*/.,_ \n\t01eE9andortmi%&|$é\0\ud83d";
        var at = random.Next(text.Length);
        var other = random.Next(text.Length);
        return random.Next(5) switch
        {
            0 => text.Remove(at, 1),
            1 => text.Insert(at, Alphabet[random.Next(Alphabet.Length)].ToString()),
            2 => text[..at] + Alphabet[random.Next(Alphabet.Length)] + text[(at + 1)..],
            3 => text[..at],
            _ => text[..Math.Min(at, other)] + text[Math.Max(at, other)..] + text[at..],
        };
    }

    /// <summary>Writes random expressions, with spaces and parentheses as they come, and knows their values: undefined is null.</summary>
    private sealed class Writer(int seed)
    {
        private readonly Random _random = new(seed);

        public (string Text, bool? Truth) Condition(int depth)
        {
            var kind = depth == 0 ? 0 : _random.Next(5);
            if (kind == 3)
            {
                var (text, truth) = Condition(depth - 1);
                return ($"not{Space(1)}({text})", !truth);
            }
            if (kind is 1 or 2)
            {
                var (a, b) = (Condition(depth - 1), Condition(depth - 1));
                bool? both = kind == 1
                    ? a.Truth == false || b.Truth == false ? false : a.Truth is null || b.Truth is null ? null : true
                    : a.Truth == true || b.Truth == true ? true : a.Truth is null || b.Truth is null ? null : false;
                return ($"({a.Text}){Space(0)}{(kind == 1 ? "and" : "or")}{Space(0)}({b.Text})", both);
            }
            var (x, y) = (Number(depth), Number(depth));
            string[] operators = ["<", "<=", ">", ">=", "==", "!="];
            var which = _random.Next(6);
            bool? compared = x.Value is not { } left || y.Value is not { } right ? null
                : (left.CompareTo(right), which) is (< 0, 0 or 1 or 5) or (0, 1 or 3 or 4) or (> 0, 2 or 3 or 5);
            return ($"{x.Text}{Space(0)}{operators[which]}{Space(0)}{y.Text}", compared);
        }

        private (string Text, double? Value) Number(int depth)
        {
            var kind = depth == 0 ? _random.Next(2) : _random.Next(9);
            switch (kind)
            {
                case 0:
                    var literal = _random.Next(4) == 0 ? _random.Next(5) : Math.Round(_random.NextDouble() * 10, 2);
                    return (literal.ToString(CultureInfo.InvariantCulture), literal);
                case 1:
                    var (name, value) = Metrics.ElementAt(_random.Next(Metrics.Count));
                    return (name, value);
                case 2:
                    var (operand, negated) = Number(depth - 1);
                    return ($"-{Space(0)}({operand})", -negated);
                case 3:
                    var (inner, absolute) = Number(depth - 1);
                    return ($"abs({inner})", absolute < 0 ? -absolute : absolute);
                case 4:
                    var (first, second) = (Number(depth - 1), Number(depth - 1));
                    var least = _random.Next(2) == 0;
                    double? extreme = first.Value is null || second.Value is null ? null : first.Value < second.Value == least ? first.Value : second.Value;
                    return ($"{(least ? "min" : "max")}({first.Text},{Space(0)}{second.Text})", extreme);
                default:
                    var (a, b) = (Number(depth - 1), Number(depth - 1));
                    var result = kind switch { 5 => a.Value + b.Value, 6 => a.Value - b.Value, 7 => a.Value * b.Value, _ => a.Value / b.Value };
                    double? finite = result is { } r && double.IsFinite(r) ? r : null;
                    return ($"(({a.Text}){Space(0)}{"+-*/"[kind - 5]}{Space(0)}({b.Text}))", finite);
            }
        }

        private string Space(int least) => new(_random.Next(6) == 0 ? '\n' : ' ', Math.Max(least, _random.Next(3)));
    }
}
