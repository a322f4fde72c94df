using System.Text.Json;
using Iml4e.Inference;

namespace Iml4e.Learning.Networks;

/// <summary>Writes checkpoints and keeps the last three, and the best.</summary>
/// <param name="store">Where they lie.</param>
internal sealed class CheckpointKeeper(ICheckpointStore store)
{
    private const int Kept = 3;
    private const string ParametersFile = "params.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string StateFile = "state.json";

    // The weights that the model would have, where they are not the parameters: running means.
    private const string WeightsFile = "weights.safetensors";

    /// <summary>Writes a checkpoint, and removes those that are not kept.</summary>
    internal void Keep(TrainingState state, IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> optimizer, IReadOnlyList<Tensor> best)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [ParametersFile] = SafetensorsFile.Write(parameters, new Dictionary<string, string> { ["format"] = "pt" }),
            [OptimizerFile] = SafetensorsFile.Write(optimizer), [StateFile] = state.Write(),
        };
        if (state.BestStep == state.Batches)
            files[WeightsFile] = SafetensorsFile.Write(best);
        store.Write(state.Batches, files);
        foreach (var step in store.Steps().SkipLast(Kept).Where(s => s != state.BestStep))
            store.Delete(step);
    }

    /// <summary>The last checkpoint of the same training; null when there is none.</summary>
    /// <param name="start">The training at its start.</param>
    internal Checkpoint? Last(TrainingState start)
    {
        foreach (var step in store.Steps().Reverse())
        {
            TrainingState state;
            try
            {
                state = TrainingState.Read(store.Read(step, StateFile));
            }
            catch (JsonException)
            {
                // Of another version.
                continue;
            }

            if (!state.Continues(start))
                continue;
            var best = state.BestStep is { } at ? SafetensorsFile.Read(store.Read(at, WeightsFile)) : [];
            return new Checkpoint(state, SafetensorsFile.Read(store.Read(step, ParametersFile)), SafetensorsFile.Read(store.Read(step, OptimizerFile)), best);
        }

        return null;
    }
}
