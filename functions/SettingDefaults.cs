using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace Iml4e.Functions;

/// <summary>
/// What settings that the functions' attributes name are when nobody says otherwise. In Azure the Functions host reads these attributes, and the deployment
/// sets them.
/// </summary>
internal static class SettingDefaults
{
    /// <summary>Adds the defaults; every other source of the configuration goes before them.</summary>
    public static void AddTo(IConfigurationBuilder configuration) => configuration.Sources.Insert(
        0,
        new MemoryConfigurationSource
        {
            InitialData =
            [
                new("TriggerWatchSchedule", "*/2 * * * * *"), new("FeedbackWatchSchedule", "*/10 * * * * *"), new("JobScheduleWatch", "*/10 * * * * *"),
                new("TrackingWatch", "*/5 * * * * *"),
            ],
        });
}
