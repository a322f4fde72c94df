namespace Iml4e.Benchmarks.Trials;

/// <summary>What a routing trial saw.</summary>
/// <param name="Units">Units.</param>
/// <param name="Requests">Answers.</param>
/// <param name="Left">Answers by another version to a unit that the challenger had answered before.</param>
/// <param name="Disagreed">Answers more than 10 s after a change of stage that were not as the stage has it.</param>
/// <param name="Challenger">Units in the challenger slice.</param>
/// <param name="Control">Units in the control slice.</param>
/// <param name="SliceP">χ² p of the two against equal shares.</param>
/// <param name="DecileP">χ² p of all units over ten equal parts.</param>
/// <param name="Rollback">From the decision's answer to the last request that the challenger answered.</param>
/// <param name="FailedInRollback">Requests that failed since.</param>
/// <param name="Failed">Requests that failed in all.</param>
/// <param name="Retried">Requests that went to the next process because one was down or about to stop.</param>
internal sealed record RoutingResult(
    int Units, long Requests, int Left, int Disagreed, int Challenger, int Control, double SliceP, double DecileP, TimeSpan Rollback, int FailedInRollback, int Failed, int Retried)
{
    /// <summary>Whether every bar is met.</summary>
    public bool Met => Left == 0 && Disagreed == 0 && SliceP > 0.001 && DecileP > 0.001 && Rollback <= TimeSpan.FromSeconds(10) && FailedInRollback == 0;
}
