using System.Globalization;
using System.Text;

namespace Iml4e.Tests.Integration.App;

/// <summary>Data made for a test, the same for the same seed.</summary>
internal static class MadeData
{
    /// <summary>Rows of a, b, kind, y: y = 3a - 2b + (4 when kind is hot) + noise of standard deviation 0.1; with a column "at" when asked.</summary>
    public static byte[] Regression(int rows, int seed, bool withTime = false, double shift = 0, int startHour = 0)
    {
        var random = new Random(seed);
        var text = new StringBuilder(withTime ? "at,a,b,kind,y\n" : "a,b,kind,y\n");
        var start = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(startHour);
        for (var i = 0; i < rows; i++)
        {
            var (a, b, hot) = (random.NextDouble() * 10, random.NextDouble() * 5, random.Next(2) == 0);
            var noise = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var y = (3 * a) - (2 * b) + (hot ? 4 : 0) + (0.1 * noise) + shift;
            if (withTime)
                text.Append(start.AddHours(i).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)).Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{a:F4},{b:F4},{(hot ? "hot" : "cold")},{y:F4}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
