using System.Globalization;
using Iml4e.CommandLine.Simulation;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks.Trials;

/// <summary>The scenes: the electricity market of New South Wales, and simulated buildings.</summary>
internal static class TrialScenes
{
    private const int Buildings = 24;
    private const int Zones = 8;
    private const int LearnDays = 20;
    private const int Days = 80;
    private static readonly DateTime Winter = new(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>
    /// Elec2: whether the price rises above the mean of the last day, a half-hour a unit. The champion knows time and demand; the better version also what
    /// was true half an hour before; the worse has learnt from labels in a wrong order. The half-hours come in random order: in that of time which version is
    /// better changes with the months, and there would be no telling whether a decision is right.
    /// </summary>
    /// <param name="file">elec.csv.</param>
    public static TrialScene Elec2(string file)
    {
        var random = new Random(1);
        var values = File.ReadLines(file).Skip(1).Select(line => Array.ConvertAll(line.Split(','), t => float.Parse(t, CultureInfo.InvariantCulture))).ToArray();
        var requests = new List<TrialRequest>(values.Length);
        for (var i = 1; i < values.Length; i++)
        {
            var v = values[i];
            var angle = 2 * Math.PI * v[0];
            float[] row = [(float)Math.Sin(angle), (float)Math.Cos(angle), v[2], v[4], v[5], values[i - 1][6], (float)random.NextDouble()];
            requests.Add(new TrialRequest(FormattableString.Invariant($"period-{i}"), [row], [v[6]]));
        }

        var known = requests[..8000];
        var shuffled = known.Select(r => r.Actual).OrderBy(_ => random.Next()).ToArray();
        var wrong = known.Select((r, i) => r with { Actual = shuffled[i] }).ToList();
        return new TrialScene(
            "elec2", "zeroOne", [.. requests[8000..].OrderBy(_ => random.Next())], LeastSquares.Fit(known, [0, 1, 2, 3, 4], isClass: true), LeastSquares.Fit(known, [0, 1, 2, 3, 4, 5], isClass: true),
            LeastSquares.Fit(wrong, [0, 1, 2, 3, 4], isClass: true));
    }

    /// <summary>
    /// Heating energy of the next day, hour by hour: a zone and day is a unit and a request of 24 rows. The champion knows outdoor temperature and occupancy;
    /// the better version also sun, hour and zone; the worse has learnt the time before the buildings were refurbished.
    /// </summary>
    public static TrialScene SimulatedBuildings()
    {
        var random = new Random(2);
        var before = new List<TrialRequest>();
        var after = new List<TrialRequest>();
        for (var building = 0; building < Buildings; building++)
        {
            var change = new BuildingChange(Winter.AddDays(LearnDays), HeatLossFactor: 0.6, new HeatingSystem.HeatPump());
            var hours = new BuildingSimulator(Building.HeadOffice(Zones, change, building), building)
                .Run(new Climate().Simulate(Winter, Days * 24, building));
            for (var day = 1; day < Days; day++)
            {
                for (var zone = 0; zone < Zones; zone++)
                {
                    var readings = Enumerable.Range(day * 24, 24).Select(h => hours[h][zone]).ToArray();
                    var yesterday = (float)Enumerable.Range((day - 1) * 24, 24).Average(h => hours[h][zone].KilowattHours);
                    var request = new TrialRequest(
                        FormattableString.Invariant($"building-{building}-zone-{zone}-day-{day}"), [.. readings.Select(r => Row(r, yesterday, random))],
                        [.. readings.Select(r => r.KilowattHours)]);
                    // The day after the change is neither.
                    if (day < LearnDays)
                        before.Add(request);
                    else if (day > LearnDays + 1)
                        after.Add(request);
                }
            }
        }

        after = [.. after.OrderBy(_ => random.Next())];
        var known = after[..1000];
        return new TrialScene(
            "buildings", "absError", after[1000..], LeastSquares.Fit(known, [0, 2], isClass: false), LeastSquares.Fit(known, [0, 1, 2, 3, 4, 5], isClass: false),
            LeastSquares.Fit(before, [0, 2], isClass: false));
    }

    /// <summary>Numbers without a story, for quick tests: y = 3 a + b + noise; the champion knows a alone, the worse version nothing.</summary>
    public static TrialScene Plain(int requests)
    {
        var random = new Random(3);
        var stream = Enumerable.Range(0, requests).Select(i =>
        {
            var (a, b) = (random.NextDouble(), random.NextDouble() - 0.5);
            float[] row = [(float)a, (float)b, (float)random.NextDouble()];
            return new TrialRequest(FormattableString.Invariant($"unit-{i}"), [row], [(3 * a) + b + (0.1 * random.NextDouble())]);
        }).ToList();
        return new TrialScene(
            "plain", "absError", stream, new TrialModel([3, 0], 0.05, false), new TrialModel([3, 1], 0.05, false), new TrialModel([0, 0], 1.5, false));
    }

    /// <summary>Where elec.csv lies: beside the repository, or beside one of the folders above it; null when it does not.</summary>
    public static string? FindElec2()
    {
        for (var folder = new DirectoryInfo(Repository.Root()); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "shared", "data", "drift", "elec.csv");
            if (File.Exists(file))
                return file;
        }

        return null;
    }

    private static float[] Row(MeterReading reading, float yesterday, Random random)
    {
        var angle = 2 * Math.PI * reading.Weather.Start.Hour / 24;
        return
        [
            (float)reading.Weather.OutdoorTemperatureCelsius, (float)(reading.Weather.SolarIrradianceWattsPerSquareMetre / 1000), (float)reading.Occupancy,
            (float)Math.Sin(angle), (float)Math.Cos(angle), yesterday, (float)random.NextDouble(),
        ];
    }
}
