using System.Globalization;
using System.Text;
using Iml4e.CommandLine.Simulation;

namespace Iml4e.CommandLine.Demo;

/// <summary>
/// The building of the story and everything that its meters will read: a year of history, a quiet month, then the refurbishment (better insulation, a heat
/// pump) and the rest of the heating season.
/// </summary>
internal sealed class StoryBuilding
{
    /// <summary>Number of zones, each with a meter.</summary>
    public const int Zones = 16;

    /// <summary>Hours in a day.</summary>
    public const int HoursInDay = 24;

    /// <summary>First day of the history, UTC.</summary>
    public static readonly DateTime HistoryStart = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>First day of the live part.</summary>
    public static readonly DateTime LiveStart = new(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Day of the refurbishment: the first of the fourteenth month.</summary>
    public static readonly DateTime ChangeDate = new(2027, 2, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Day on which the heating season, and so the story, is over.</summary>
    public static readonly DateTime SeasonEnd = new(2027, 5, 10, 0, 0, 0, DateTimeKind.Utc);

    private readonly MeterReading[][] _hours;

    /// <summary>Simulates everything, from a seed.</summary>
    public StoryBuilding(int seed)
    {
        var change = new BuildingChange(ChangeDate, HeatLossFactor: 0.6, new HeatingSystem.HeatPump());
        Building = Building.HeadOffice(Zones, change, seed);
        var hours = (int)(SeasonEnd - HistoryStart).TotalHours;
        _hours = new BuildingSimulator(Building, seed).Run(new Climate().Simulate(HistoryStart, hours, seed));
    }

    /// <summary>The building.</summary>
    public Building Building { get; }

    /// <summary>Day of the story's live part: 0 is <see cref="LiveStart"/>.</summary>
    public static DateTime DateOf(int day) => LiveStart.AddDays(day);

    /// <summary>The live day of the refurbishment.</summary>
    public static int ChangeDay => (int)(ChangeDate - LiveStart).TotalDays;

    /// <summary>The live day after the last one.</summary>
    public static int EndDay => (int)(SeasonEnd - LiveStart).TotalDays;

    /// <summary>The 24 readings of a zone on a live day.</summary>
    public MeterReading[] Day(int zone, int day)
    {
        var first = HourOf(day);
        var readings = new MeterReading[HoursInDay];
        for (var hour = 0; hour < HoursInDay; hour++)
            readings[hour] = _hours[first + hour][zone];
        return readings;
    }

    /// <summary>
    /// Outdoor temperatures of the rows before a row, oldest first: rows are ordered by hour, then by zone, as in the uploaded data.
    /// </summary>
    /// <param name="zone">Zone of the row.</param>
    /// <param name="day">Live day of the row.</param>
    /// <param name="hour">Hour of the row, 0 to 23.</param>
    /// <param name="rows">Number of rows back, 0 or more.</param>
    public double[] OutdoorHistory(int zone, int day, int hour, int rows)
    {
        var row = ((HourOf(day) + hour) * Zones) + zone;
        var history = new double[rows];
        for (var back = rows; back >= 1; back--)
            history[rows - back] = _hours[(row - back) / Zones][0].Weather.OutdoorTemperatureCelsius;
        return history;
    }

    /// <summary>The readings of the year before the live part, as CSV.</summary>
    public byte[] HistoryCsv() => Csv(0, HourOf(0));

    /// <summary>The readings of the live days from one day up to, not including, another, as CSV.</summary>
    public byte[] LiveCsv(int fromDay, int toDay) => Csv(HourOf(fromDay), HourOf(toDay));

    private static int HourOf(int day) => (int)(DateOf(day) - HistoryStart).TotalHours;

    private byte[] Csv(int fromHour, int toHour)
    {
        var text = new StringBuilder("timestamp,zone,outdoor_temperature,solar_irradiance,occupancy,kwh\n");
        for (var hour = fromHour; hour < toHour; hour++)
        {
            foreach (var reading in _hours[hour])
            {
                text.Append(CultureInfo.InvariantCulture, $"{reading.Weather.Start:yyyy-MM-ddTHH:mm:ssZ},{Building.Zones[reading.Zone].Name},")
                    .Append(CultureInfo.InvariantCulture, $"{reading.Weather.OutdoorTemperatureCelsius:0.###},")
                    .Append(CultureInfo.InvariantCulture, $"{reading.Weather.SolarIrradianceWattsPerSquareMetre:0.#},")
                    .Append(CultureInfo.InvariantCulture, $"{reading.Occupancy:0.##},{reading.KilowattHours:0.##}\n");
            }
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
