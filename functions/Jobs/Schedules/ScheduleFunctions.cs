using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Models;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Jobs.Schedules;

/// <summary>Scheduled jobs over HTTP, and the timer that keeps to them.</summary>
internal sealed class ScheduleFunctions(ScheduleService schedules)
{
    [Function("PutJobSchedule")]
    [Operation(
        "Starts a job again and again, at set times; JSON or YAML.", Body = typeof(JobSchedule), BodyMediaType = "application/yaml",
        Headers = ["x-iml4e-actor: who is acting"])]
    public async Task<IResult> Put(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/job-schedules/{name}")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        ResourceName.Check(name);
        var (schedule, isNew) = await schedules.PutAsync(
            name, await RequestBody.ReadAsync<JobSchedule>(request, cancellationToken), ModelFunctions.Actor(request), cancellationToken);
        return isNew ? ApiJson.Created($"/api/job-schedules/{name}", Describe(name, schedule)) : ApiJson.Ok(Describe(name, schedule));
    }

    [Function("ListJobSchedules")]
    [Operation("The jobs that are started at set times.")]
    public async Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/job-schedules")] HttpRequest request, CancellationToken cancellationToken) =>
        ApiJson.Ok(new
        {
            schedules = (await schedules.ListAsync(cancellationToken)).OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => Describe(s.Key, s.Value)),
        });

    [Function("GetJobSchedule")]
    [Operation("A job that is started at set times: the last job, the next time.")]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/job-schedules/{name}")] HttpRequest request, string name,
        CancellationToken cancellationToken) => ApiJson.Ok(Describe(name, await schedules.GetAsync(name, cancellationToken)));

    [Function("DeleteJobSchedule")]
    [Operation("Ends a schedule; jobs that it has started go on.", Status = 204)]
    public async Task<IResult> Delete(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/job-schedules/{name}")] HttpRequest request, string name,
        CancellationToken cancellationToken) =>
        await schedules.DeleteAsync(name, cancellationToken) ? Results.NoContent() : throw ApiException.NotFound("job schedule", name);

    /// <summary>Looks at the schedules as often as the setting <c>JobScheduleWatch</c> says.</summary>
    [Function("JobScheduleWatch")]
    public Task Watch(
        [TimerTrigger("%JobScheduleWatch%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        schedules.TickAsync(client, cancellationToken);

    private static object Describe(string name, StoredSchedule schedule) => new
    {
        name, schedule.Definition.Cron, schedule.Definition.Kind, schedule.Definition.Request, schedule.Definition.Enabled, schedule.ChangedAt,
        schedule.ChangedBy, next = schedule.Definition.Enabled ? ScheduleTimes.Next(schedule) : null, schedule.FiredAt, schedule.LastJob, schedule.Error,
    };
}
