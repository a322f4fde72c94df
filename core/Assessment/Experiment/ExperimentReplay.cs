using System.Text.Json.Nodes;

namespace Iml4e.Assessment.Experiment;

/// <summary>Takes every decision of an experiment again from what its audit log holds.</summary>
public static class ExperimentReplay
{
    /// <summary>Runs the looks through the state machine from the start.</summary>
    /// <returns>One step a look.</returns>
    public static IEnumerable<ExperimentStep> Run(ExperimentConfiguration config, ExperimentState start, IEnumerable<ExperimentLook> looks)
    {
        ArgumentNullException.ThrowIfNull(looks);
        return Iterate(config, start, looks);

        static IEnumerable<ExperimentStep> Iterate(ExperimentConfiguration config, ExperimentState state, IEnumerable<ExperimentLook> looks)
        {
            foreach (var look in looks)
            {
                var step = ExperimentDecider.Decide(config, state, look);
                state = step.State;
                yield return step;
            }
        }
    }

    /// <summary>
    /// Compares a replay with the recorded "Look" events, whose fields "look" and "stateHash" hold the inputs and the hash of the state that followed.
    /// </summary>
    /// <returns>The index of the first look whose state differs, −1 when all agree bit for bit.</returns>
    public static int FirstDifference(ExperimentConfiguration config, ExperimentState start, IReadOnlyList<JsonObject> lookEvents)
    {
        ArgumentNullException.ThrowIfNull(lookEvents);
        var state = start;
        for (var i = 0; i < lookEvents.Count; i++)
        {
            var look = System.Text.Json.JsonSerializer.Deserialize<ExperimentLook>(lookEvents[i]["look"], ExperimentJson.Options);
            if (look is null)
                return i;
            state = ExperimentDecider.Decide(config, state, look).State;
            if ((string?)lookEvents[i]["stateHash"] != ExperimentJson.Hash(state))
                return i;
        }
        return -1;
    }
}
