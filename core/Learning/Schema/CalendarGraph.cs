using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning;

/// <summary>Adds the calendar features of a moment to a graph, by integer operators alone.</summary>
/// <remarks>Days to civil date after H. Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the leap day is a year's last.
/// ONNX's Mod takes the divisor's sign, so (x - x mod d) / d is the floor also before 1970.</remarks>
internal sealed class CalendarGraph
{
    private readonly GraphBuilder graph;

    private CalendarGraph(GraphBuilder graph) => this.graph = graph;

    /// <summary>
    /// The features FP32 [N,11] in the order of <see cref="CalendarFeatures.Names"/> of moments INT64 [N,1]; NaN where the moment is missing.
    /// </summary>
    public static string Emit(GraphBuilder graph, string moments) => new CalendarGraph(graph).Emit(moments);

    private string Emit(string moments)
    {
        var missing = graph.Node("Equal", [moments, Number(TimestampColumn.Missing)]);
        var seconds = graph.Node("Where", [missing, Number(0), moments]);
        var ofDay = Mod(seconds, 86_400);
        var days = Div(Sub(seconds, ofDay), 86_400);
        var minute = Div(ofDay, 60);
        var weekday = Mod(Add(days, 3), 7);

        var shifted = Add(days, 719_468);
        var ofEra = Mod(shifted, 146_097);
        var era = Div(Sub(shifted, ofEra), 146_097);
        var leapless = Sub(Add(Sub(ofEra, Div(ofEra, 1_460)), Div(ofEra, 36_524)), Div(ofEra, 146_096));
        var yearOfEra = Div(leapless, 365);
        var before = Sub(Add(Mul(yearOfEra, 365), Div(yearOfEra, 4)), Div(yearOfEra, 100));
        var ofMarchYear = Sub(ofEra, before);
        var marchMonth = Div(Add(Mul(ofMarchYear, 5), 2), 153);
        var nextYear = Integer(graph.Node("GreaterOrEqual", [marchMonth, Number(10)]));
        var month = Sub(Add(marchMonth, 3), Mul(nextYear, 12));
        var year = Add(Add(yearOfEra, Mul(era, 400)), nextYear);
        var leap = Integer(graph.Node("Or",
        [
            graph.Node("And", [Divides(year, 4), graph.Node("Not", [Divides(year, 100)])]),
            Divides(year, 400),
        ]));
        // The 1st of March is day 59 (60 in leap years) of its year counted from 0, the 1st of January day 306 of the year that began in March.
        var ofYear = graph.Node("Where",
            [graph.Node("Equal", [nextYear, Number(1)]), Sub(ofMarchYear, 306), Add(Add(ofMarchYear, 59), leap)]);
        var yearIndex = Add(ofYear, Mul(leap, 365));

        var features = graph.Node("Concat",
        [
            Float(Div(ofDay, 3_600)),
            Float(weekday),
            Float(month),
            Float(Add(ofYear, 1)),
            Float(Integer(graph.Node("GreaterOrEqual", [weekday, Number(5)]))),
            Lookup("hour_sin", CalendarFeatures.HourSin, minute),
            Lookup("hour_cos", CalendarFeatures.HourCos, minute),
            Lookup("week_sin", CalendarFeatures.WeekSin, weekday),
            Lookup("week_cos", CalendarFeatures.WeekCos, weekday),
            Lookup("year_sin", CalendarFeatures.YearSin, yearIndex),
            Lookup("year_cos", CalendarFeatures.YearCos, yearIndex),
        ], [Attr.Int("axis", 1)]);
        return graph.Node("Where", [missing, graph.Scalar("none", float.NaN), features], output: "calendar");
    }

    private string Number(long value) => graph.Scalar("number", value);

    private string Add(string a, string b) => graph.Node("Add", [a, b]);

    private string Add(string a, long b) => Add(a, Number(b));

    private string Sub(string a, string b) => graph.Node("Sub", [a, b]);

    private string Sub(string a, long b) => Sub(a, Number(b));

    private string Mul(string a, long b) => graph.Node("Mul", [a, Number(b)]);

    private string Div(string a, long b) => graph.Node("Div", [a, Number(b)]);

    private string Mod(string a, long b) => graph.Node("Mod", [a, Number(b)]);

    private string Divides(string a, long b) => graph.Node("Equal", [Mod(a, b), Number(0)]);

    private string Integer(string truth) => graph.Node("Cast", [truth], [Attr.Int("to", (long)TensorProto.Types.DataType.Int64)]);

    private string Float(string integer) => graph.Node("Cast", [integer], [Attr.Int("to", (long)TensorProto.Types.DataType.Float)]);

    private string Lookup(string name, float[] table, string index) => graph.Node("Gather", [graph.Initializer(name, table), index]);
}
