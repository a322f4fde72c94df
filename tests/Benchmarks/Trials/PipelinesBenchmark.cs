using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Experiment;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks.Trials;

/// <summary>
/// The closed loop's second half on real and simulated streams: better, equal, worse, slow and failing challengers, and labels that come late; decided
/// sequentially and as CTCD-e did, side by side. One experiment of each over HTTP, and repeats of those that differ by chance in simulation.
/// </summary>
internal sealed class PipelinesBenchmark(string folder, TextWriter output)
{
    public const int DefaultRepeats = 100;
    private const int Seconds = 40;
    private const int SimulatedSeconds = 60;
    private const int PerSecond = 200;
    private const double SlowMs = 25;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(15);
    private static readonly string[] Modes = ["sequential", "ctcde"];

    /// <summary>Writes the tables; false when something came out otherwise than it should in mode sequential.</summary>
    public async Task<bool> RunAsync(int repeats, bool http, CancellationToken ct)
    {
        TrialScene[] scenes = TrialScenes.FindElec2() is { } file ? [TrialScenes.Elec2(file), TrialScenes.SimulatedBuildings()] : [TrialScenes.SimulatedBuildings()];
        if (scenes.Length == 1)
            output.WriteLine("elec.csv is not there: the simulated buildings alone.");
        foreach (var scene in scenes)
        {
            double Mean(TrialModel model) => scene.Requests.Average(r => r.Loss(model));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{scene.Name}: {scene.Requests.Count} requests, {scene.Metric} of the champion {Mean(scene.Champion):0.000}, the better version {Mean(scene.Better):0.000}, the worse {Mean(scene.Worse):0.000}"));
        }

        var met = true;
        if (http)
            met = await RunHttpAsync(scenes, ct);
        return RunSimulated(scenes, repeats, ct) && met;
    }

    private async Task<bool> RunHttpAsync(TrialScene[] scenes, CancellationToken ct)
    {
        var settings = new Dictionary<string, string> { ["Iml4e__DurablePredictions"] = "false" };
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(Path.Combine(folder, "pipelines"), 0) { Settings = settings }, ct);
        output.WriteLine("Whole experiments over HTTP");
        output.WriteLine("  data       challenger                       mode        ended as                                seconds  requests  on challenger  seen to fail  as it should");
        var met = true;
        foreach (var scene in scenes)
        {
            foreach (var trial in Enum.GetValues<TrialCase>())
            {
                foreach (var mode in Modes)
                {
                    using var play = new HttpTrial(stack.Url, scene, $"{scene.Name}-{trial.ToString().ToLowerInvariant()}-{mode}");
                    var seen = await play.PlayAsync(trial, TrialPlan.Configuration(scene, trial, mode, Seconds, SlowMs), Seconds, Pace, ct);
                    var right = IsRight(trial, seen);
                    met &= right || mode == "ctcde";
                    var ended = seen.Reason.Length == 0 || seen.State == "promoted" ? seen.State : $"{seen.State}: {seen.Reason}";
                    output.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"  {scene.Name,-9}  {trial.InWords(),-31}  {mode,-10}  {ended,-38}  {seen.Seconds,7:0.0}  {seen.Requests,8}  {seen.Exposed,13}  {seen.Failed,12}  {(right ? "yes" : "NO")}"));
                    await output.FlushAsync(ct);
                }
            }
        }

        return met;
    }

    private static bool IsRight(TrialCase trial, TrialOutcome seen)
    {
        var ended = trial switch
        {
            TrialCase.Better => seen is { State: "promoted", AliasChanges: 1 },
            TrialCase.Worse => seen.State is "rolledBack" or "keptChampion" && seen.AliasChanges == 0,
            TrialCase.Slow or TrialCase.Failing => seen.State is "rolledBack" or "keptChampion" && seen.AliasChanges == 0,
            _ => seen.State is "keptChampion" or "rolledBack" && seen.AliasChanges == 0,
        };
        return ended && seen.Intact && seen.Failed == 0 && seen.Champion == (trial.ShouldWin() ? "2" : "1");
    }

    private bool RunSimulated(TrialScene[] scenes, int repeats, CancellationToken ct)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{repeats} repeats of each in virtual time: the same streams, assignment and decisions, without the app"));
        output.WriteLine("  data       challenger                       mode        promoted  kept or taken back  median seconds  bar");
        var met = true;
        foreach (var scene in scenes)
        {
            foreach (var trial in new[] { TrialCase.Better, TrialCase.Equal, TrialCase.Worse, TrialCase.LateLabels })
            {
                foreach (var mode in Modes)
                {
                    ct.ThrowIfCancellationRequested();
                    var config = TrialPlan.Configuration(scene, trial, mode, SimulatedSeconds, SlowMs).Deserialize<ExperimentConfiguration>(ExperimentJson.Options)!;
                    var simulated = new SimulatedTrial(scene, trial, config, PerSecond);
                    var states = Enumerable.Range(0, repeats).AsParallel().AsOrdered().Select(simulated.Play).ToList();
                    var promoted = states.Count(s => s.Phase == ExperimentPhase.Promoted);
                    var right = trial.ShouldWin() ? promoted : repeats - promoted;
                    var bar = mode == "ctcde" ? "" : right >= 0.95 * repeats ? "95 %: met" : "95 %: MISSED";
                    met &= mode == "ctcde" || right >= 0.95 * repeats;
                    var seconds = new Sample();
                    seconds.AddRange(states.Select(s => (s.DecidedAt!.Value - s.StartedAt).TotalSeconds));
                    output.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"  {scene.Name,-9}  {trial.InWords(),-31}  {mode,-10}  {promoted,8}  {repeats - promoted,18}  {seconds.Median,14:0.0}  {bar}"));
                }
            }
        }

        return met;
    }
}
