using FsCheck;
using FsCheck.Fluent;
using Iml4e.Assessment.Acceptance;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class AcceptExpressionTests
{
    private static readonly Dictionary<string, double?> Metrics = new()
    {
        ["mae"] = 1.92, ["champion.mae"] = 2.1, ["r2"] = 0.9, ["failed"] = 0, ["gone"] = null, ["nan"] = double.NaN,
    };

    [Theory]
    [InlineData("mae <= champion.mae * 1.02", true)]
    [InlineData("mae > champion.mae", false)]
    [InlineData("failed == 0 and r2 >= 0.9", true)]
    [InlineData("failed != 0 or r2 < .5", false)]
    [InlineData("not failed != 0", true)]
    [InlineData("1 + 2 * 3 == 7", true)]
    [InlineData("(1 + 2) * 3 == 9", true)]
    [InlineData("10 - 3 - 2 == 5", true)]
    [InlineData("8 / 4 / 2 == 1", true)]
    [InlineData("-2 * -3 == 6", true)]
    [InlineData("- - 2 == 2", true)]
    [InlineData("min(3, mae, 5) == mae", true)]
    [InlineData("max(abs(-3), 2) == 3", true)]
    [InlineData("false_rate < 1 or mae < 2", null)]
    [InlineData("1 > 2 or 1 < 2 and 2 > 3", false)]
    [InlineData("(1 < 2 or 1 < 2) and 2 < 3", true)]
    [InlineData("((mae) < (2))", true)]
    [InlineData("1e-3 < 2E+1", true)]
    [InlineData("gone < 1", false)]
    [InlineData("gone != 1", false)]
    [InlineData("not (gone > 1)", false)]
    [InlineData("nan == nan", false)]
    [InlineData("gone < 1 or mae < 2", true)]
    [InlineData("gone < 1 and mae > 2", false)]
    [InlineData("1 / failed > 1", false)]
    [InlineData("not 1 / failed > 1", false)]
    [InlineData("mae <= \n\t champion.mae", true)]
    public void Values(string text, bool? accepted)
    {
        if (accepted is null)
            Assert.Throws<AcceptExpressionException>(() => AcceptExpression.Parse(text).Evaluate(Metrics));
        else
            Assert.Equal(accepted, AcceptExpression.Parse(text).Evaluate(Metrics).Accepted);
    }

    [Theory]
    [InlineData("mae <= champion.mae * 1.02", "mae 1.92 <= champion.mae 2.1 * 1.02 = 2.142: true")]
    [InlineData("gone < 1", "gone undefined < 1: false (undefined)")]
    [InlineData("failed == 0 and not r2 < 0.5", "(failed 0 == 0: true) and (not (r2 0.9 < 0.5: false))")]
    [InlineData("(mae + 1) * 2 > min(1, 2)", "(mae 1.92 + 1) * 2 = 5.84 > min(1, 2) = 1: true")]
    [InlineData("1 - (2 - 3) == 2", "1 - (2 - 3) = 2 == 2: true")]
    public void Explanations(string text, string explanation) => Assert.Equal(explanation, AcceptExpression.Parse(text).Evaluate(Metrics).Explanation);

    [Theory]
    [InlineData("", 1, 1, "found nothing")]
    [InlineData("mae <=", 1, 7, "expected a number, a metric's name or '(', found the end")]
    [InlineData("mae", 1, 1, "must be a condition")]
    [InlineData("mae < 2 3", 1, 9, "expected an operator or the end, found '3'")]
    [InlineData("mae < 2 <\n 3", 1, 9, "cannot be compared again")]
    [InlineData("mae <\n  $", 2, 3, "found '$'")]
    [InlineData("mae = 2", 1, 5, "did you mean '=='")]
    [InlineData("mae < 5%", 1, 8, "found '%'")]
    [InlineData("(mae < 2", 1, 9, "expected ')'")]
    [InlineData("mae < 2 and 3", 1, 13, "must be a condition")]
    [InlineData("mae + (1 < 2) > 3", 1, 10, "must be a number")]
    [InlineData("sqrt(mae) < 2", 1, 1, "there are min, max and abs")]
    [InlineData("abs(1, 2) < 2", 1, 1, "takes one number")]
    [InlineData("min(1) < 2", 1, 1, "two numbers or more")]
    [InlineData("a..b < 2", 1, 1, "is not a name")]
    [InlineData("1e999 < 2", 1, 1, "is not a number")]
    [InlineData("1.2.3 < 2", 1, 4, "expected an operator")]
    [InlineData("mae && r2", 1, 5, "did you mean 'and'")]
    public void Errors(string text, int line, int column, string message)
    {
        var e = Assert.Throws<AcceptExpressionException>(() => AcceptExpression.Parse(text));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (e.Line, e.Column));
    }

    [Fact]
    public void AnUnknownMetricListsThoseThatAreThere()
    {
        var e = Assert.Throws<AcceptExpressionException>(() => AcceptExpression.Parse("mae < 2 and\n rmse < 3").Evaluate(new Dictionary<string,
            double> { ["r2"] = 1, ["mae"] = 1 }));
        Assert.Equal("line 2, column 2: there is no metric 'rmse'; there are mae, r2", e.Message);
        Assert.Equal(["mae", "rmse"], AcceptExpression.Parse("mae < 2 and rmse < 3 * mae").Names);
    }

    [Theory]
    [InlineData("(", ")", 400)]
    [InlineData("-", "", 900)]
    [InlineData("abs(", ")", 150)]
    public void DeepNestingIsRefused(string open, string close, int depth)
    {
        var text = string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth)) + " < 2";
        Assert.Contains("deep", Assert.Throws<AcceptExpressionException>(() => AcceptExpression.Parse(text)).Message, StringComparison.Ordinal);
        Assert.Contains("longer", Assert.Throws<AcceptExpressionException>(() => AcceptExpression.Parse(new string('(', 100_000))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void LongChainsAreTaken()
    {
        var text = string.Join("+", Enumerable.Repeat("1", 490)) + "==490";
        Assert.True(AcceptExpression.Parse(text).Evaluate(Metrics).Accepted);
        var not = string.Concat(Enumerable.Repeat("not ", 60)) + "1<2";
        Assert.True(AcceptExpression.Parse(not).Evaluate(Metrics).Accepted);
    }

    [Fact]
    public void NothingElseEscapesFromNoise() => Prop.ForAll<NonNull<string>>(text => Survives(text.Get)).QuickCheckThrowOnFailure();

    [Fact]
    public void NothingElseEscapesFromScrambledWords()
    {
        string[] words = ["mae", "gone", "champion.mae", "1", "0", ".5", "1e3", "+", "-", "*", "/", "(", ")", "<", "<=", "==", "!=", "and", "or", "not",
            "min", "abs", ",", " ", "\n", "."];
        var sentence = Gen.Elements(words).ListOf().Select(w => string.Join(" ", w)).ToArbitrary();
        Prop.ForAll(sentence, Survives).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(40));
    }

    private static bool Survives(string text)
    {
        try
        {
            var expression = AcceptExpression.Parse(text);
            Assert.NotEmpty(expression.Evaluate(Metrics).Explanation);
            return true;
        }
        catch (AcceptExpressionException)
        {
            return true;
        }
    }
}
