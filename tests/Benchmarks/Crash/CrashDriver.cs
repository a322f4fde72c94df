using System.Diagnostics;
using System.Globalization;
using Iml4e.CommandLine.Stack;
using Iml4e.LocalRuntime.Durable;

namespace Iml4e.Benchmarks.Crash;

/// <summary>
/// Keeps a worker busy: starts orchestrations, sends them what they wait for, and asks again in the next life of the worker for whatever was not answered.
/// </summary>
internal sealed class CrashDriver(string folder, IEnumerator<CrashJob> jobs, Random random)
{
    private const int MostOpen = 40;
    private const double EarlyShare = 0.3;
    private static readonly TimeSpan LongestWork = TimeSpan.FromMilliseconds(450);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PatienceForAPoint = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Lock _gate = new();
    private readonly List<CrashCommand> _commands = [];
    private readonly SortedDictionary<int, CrashCommand> _unanswered = [];
    private readonly Dictionary<string, CrashJob> _started = [];
    private readonly PriorityQueue<CrashCommand, long> _later = new();
    private readonly List<string> _errors = [];
    private int _numbers;
    private int _open;
    private int _lastQuestion;
    private bool _wasIdle;
    private bool _isDone;

    public IReadOnlyList<CrashCommand> Commands => _commands;

    /// <summary>What was started, by instance id.</summary>
    public IReadOnlyDictionary<string, CrashJob> Started => _started;

    /// <summary>What the worker answered that was not ok.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Lives of the worker that were killed before it was ready.</summary>
    public int KilledBeforeReady { get; private set; }

    /// <summary>From process start to ready, of the lives that got so far.</summary>
    public Sample ReadyMilliseconds { get; } = new();

    /// <summary>
    /// A life that ends by SIGKILL: three in ten while the worker starts and recovers, or soon after, the others at work. The moment in work is counted from
    /// when the worker is ready, so that it gets to work on a busy machine too.
    /// </summary>
    public async Task LiveAndDieAsync(int life, Random moments, CancellationToken ct)
    {
        using var worker = WorkerProcess.Start(folder, life, Answered);
        using var death = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var feeding = FeedAsync(worker, startsMore: true, death.Token);
        if (moments.NextDouble() < EarlyShare && ReadyMilliseconds.Count > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1.2 * ReadyMilliseconds.Median * moments.NextDouble()), ct);
        }
        else
        {
            await worker.Ready;
            await Task.Delay(LongestWork * moments.NextDouble(), ct);
        }

        if (worker.Ended.IsCompleted)
            throw new StackException(FormattableString.Invariant($"The worker ended by itself in life {life}."));
        await worker.KillAsync();
        await death.CancelAsync();
        await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!await worker.Ready)
            KilledBeforeReady++;
    }

    /// <summary>A life that ends by SIGKILL when the worker passes a named point; false when it did not pass it within seconds, and was killed then.</summary>
    public async Task<bool> LiveToAPointAsync(int life, string point, int passage, CancellationToken ct)
    {
        var quiet = new DurableTaskSettings { DataFolder = folder }.CrashQuietTime.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        using var worker = WorkerProcess.Start(folder, life, Answered, quiet, point, passage.ToString(CultureInfo.InvariantCulture));
        using var death = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var feeding = FeedAsync(worker, startsMore: true, death.Token);
        await Task.WhenAny(worker.Ended, Task.Delay(PatienceForAPoint, ct));
        var passed = worker.Ended.IsCompleted;
        await worker.KillAsync();
        await death.CancelAsync();
        await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!await worker.Ready)
            KilledBeforeReady++;
        return passed;
    }

    /// <summary>A life in which everything finishes, after which the worker stops in order.</summary>
    /// <param name="life">The number of the life.</param>
    /// <param name="startsMore">Whether to start what the jobs still hold; they must have an end.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>False when something had not finished after minutes.</returns>
    public async Task<bool> LiveToTheEndAsync(int life, bool startsMore, CancellationToken ct)
    {
        using var worker = WorkerProcess.Start(folder, life, Answered);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var feeding = FeedAsync(worker, startsMore, end.Token);
        var begun = Stopwatch.GetTimestamp();
        while (!Volatile.Read(ref _isDone) && Stopwatch.GetElapsedTime(begun) < Patience && !worker.Ended.IsCompleted)
            await Task.Delay(Beat, ct);
        await end.CancelAsync();
        await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (worker.Ended.IsCompleted)
            throw new StackException("The worker ended by itself in its last life.");
        await worker.StopAsync();
        return Volatile.Read(ref _isDone);
    }

    private async Task FeedAsync(WorkerProcess worker, bool startsMore, CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        if (!await worker.Ready)
            return;
        ReadyMilliseconds.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        List<CrashCommand> again;
        lock (_gate)
        {
            again = [.. _unanswered.Values];
            _open = MostOpen;
        }

        again.ForEach(command => Send(worker, command));
        for (var beat = 0; !ct.IsCancellationRequested; beat++)
        {
            for (var i = 0; i < 3 && startsMore && HasRoom(); i++)
            {
                startsMore = jobs.MoveNext();
                if (startsMore)
                    Send(worker, StartOf(jobs.Current));
            }

            while (Due() is { } command)
                Send(worker, command);
            if (beat % 4 == 0)
                worker.Send(Question(startsMore));
            await Task.Delay(Beat, ct);
        }
    }

    private bool HasRoom()
    {
        lock (_gate)
            return _open < MostOpen;
    }

    private CrashCommand StartOf(CrashJob job)
    {
        lock (_gate)
        {
            var instance = string.Create(CultureInfo.InvariantCulture, $"{job.Kind}-{_started.Count}");
            _started.Add(instance, job);
            _open++;
            return New("start", instance, job.Kind, job.Input);
        }
    }

    private CrashCommand New(string verb, string instance, string name, string json)
    {
        var command = new CrashCommand(++_numbers, verb, instance, name, json);
        _commands.Add(command);
        return command;
    }

    private CrashCommand? Due()
    {
        lock (_gate)
            return _later.TryPeek(out _, out var at) && at <= Stopwatch.GetTimestamp() ? _later.Dequeue() : null;
    }

    private void Send(WorkerProcess worker, CrashCommand command)
    {
        lock (_gate)
        {
            _unanswered[command.Number] = command;
            command.Sends++;
        }

        worker.Send(command.Line);
    }

    // How many instances have not finished. None of them is the end only when nothing was under way at the time of the question.
    private string Question(bool startsMore)
    {
        lock (_gate)
        {
            _lastQuestion = ++_numbers;
            _wasIdle = !startsMore && _unanswered.Count == 0 && _later.Count == 0;
            return string.Create(CultureInfo.InvariantCulture, $"{_lastQuestion} open");
        }
    }

    private void Answered(int number, string text)
    {
        lock (_gate)
        {
            if (text.StartsWith("error", StringComparison.Ordinal))
            {
                _errors.Add(text);
            }
            else if (_unanswered.Remove(number, out var command))
            {
                command.IsAcknowledged = true;
                if (command.IsStart)
                    SendLater(command.Instance);
            }
            else if (number == _lastQuestion)
            {
                _open = int.Parse(text.AsSpan(3), CultureInfo.InvariantCulture);
                _isDone = _open == 0 && _wasIdle;
            }
        }
    }

    // What an orchestration waits for comes at some time after its start is known to be on the disk, in any order.
    private void SendLater(string instance)
    {
        var job = _started[instance];
        for (var id = 1; id <= job.Parcels; id++)
        {
            var delay = TimeSpan.FromMilliseconds(random.Next(0, 400));
            _later.Enqueue(New("event", instance, "parcel", job.Parcel(id)), Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency));
        }
    }
}
