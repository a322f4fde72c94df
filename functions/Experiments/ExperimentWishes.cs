namespace Iml4e.Functions.Experiments;

/// <summary>What people ask of a running experiment, as its orchestration hears of it.</summary>
internal sealed class ExperimentWishes
{
    private readonly TaskOrchestrationContext _context;
    private readonly CancellationToken _end;
    private readonly Task<ExperimentWish> _stop;
    private readonly Task<ExperimentWish> _rollback;
    private Task<ExperimentWish> _approve;
    private Task<ExperimentWish> _look;

    /// <param name="context">Of the orchestration.</param>
    /// <param name="end">Ends the waiting.</param>
    public ExperimentWishes(TaskOrchestrationContext context, CancellationToken end)
    {
        (_context, _end) = (context, end);
        _stop = Wait(ExperimentOrchestrator.StopEvent);
        _approve = Wait(ExperimentOrchestrator.ApproveEvent);
        _rollback = Wait(ExperimentOrchestrator.RollbackEvent);
        _look = Wait(ExperimentOrchestrator.LookEvent);
    }

    /// <summary>Who wants it stopped; null for nobody.</summary>
    public string? StoppedBy => By(_stop);

    /// <summary>Who wants the challenger taken out; null for nobody.</summary>
    public string? RolledBackBy => By(_rollback);

    /// <summary>Whether somebody wants something that was not heard yet.</summary>
    public bool Any => _stop.IsCompleted || _approve.IsCompleted || _rollback.IsCompleted || _look.IsCompleted;

    /// <summary>Ends with the next wish.</summary>
    public Task Next => Task.WhenAny(_stop, _approve, _rollback, _look);

    /// <summary>Who approves; null for nobody. An approval is heard once.</summary>
    public string? TakeApproval()
    {
        if (By(_approve) is not { } who)
            return null;
        _approve = Wait(ExperimentOrchestrator.ApproveEvent);
        return who;
    }

    /// <summary>Hears that a look is asked for.</summary>
    public void TakeLook()
    {
        if (_look.IsCompletedSuccessfully)
            _look = Wait(ExperimentOrchestrator.LookEvent);
    }

    private static string? By(Task<ExperimentWish> wish) => wish.IsCompletedSuccessfully ? wish.Result.Actor : null;

    private Task<ExperimentWish> Wait(string name) => _context.WaitForExternalEvent<ExperimentWish>(name, _end);
}
