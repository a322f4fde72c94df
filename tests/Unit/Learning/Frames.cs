using System.Text;
using System.Text.Json;
using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Learning;

/// <summary>Small frames for tests.</summary>
internal static class Frames
{
    public const long Start2024 = 1704067200;

    public static DataFrame Csv(string text, TableReadOptions? options = null) => DataFrame.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), options);

    public static Dictionary<string, JsonElement> Parameters(string json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>An hourly building: kWh from outdoor temperature, hour and weekend, with missing temperatures and a fuel category.</summary>
    public static DataFrame Building(int rows, int seed, Func<int, double>? gain = null)
    {
        var random = new Random(seed);
        var time = new long[rows];
        var outdoor = new double[rows];
        var fuel = new string?[rows];
        var kwh = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            time[i] = Start2024 + (3600L * i);
            var moment = DateTime.UnixEpoch.AddSeconds(time[i]);
            outdoor[i] = 5 + (10 * Math.Sin(2 * Math.PI * moment.DayOfYear / 365)) + (3 * Normal(random));
            fuel[i] = random.Next(10) == 0 ? null : random.Next(2) == 0 ? "gas" : "oil";
            var weekend = moment.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
            kwh[i] = 100 + ((gain?.Invoke(i) ?? 1) * 3 * (20 - outdoor[i])) + (moment.Hour is > 6 and < 20 && !weekend ? 40 : 0) + (fuel[i] == "gas" ? 7 : 0) + (2 * Normal(random));
            if (random.Next(50) == 0)
                outdoor[i] = double.NaN;
        }
        return new DataFrame(
            [new TimestampColumn("timestamp", time), new NumberColumn("outdoor", outdoor), new CategoryColumn("fuel", fuel), new NumberColumn("kwh", kwh)]);
    }

    public static TrainingOptions BuildingOptions(string trainer = "boosted-trees") => new()
    {
        Task = LearningTask.Regression,
        Label = "kwh",
        Time = "timestamp",
        Trainer = trainer,
        Parameters = trainer == "linear" ? null : Parameters("""{"rounds":150,"eta":0.2}"""),
        Seed = 1,
    };
}
