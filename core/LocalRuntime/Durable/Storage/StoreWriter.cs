using System.Collections.Concurrent;
using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>
/// The one thread that writes the hub's database. Operations that wait while a transaction is flushed to the disk go together into the next one
/// (group commit), in order; what follows from an operation happens only once its transaction is on the disk.
/// </summary>
internal sealed class StoreWriter : IDisposable
{
    private const int MaxBatch = 512;

    private readonly BlockingCollection<StoreOperation> queue = [];
    private readonly StoreDatabase database;
    private readonly CrashSwitch crash;
    private readonly Thread thread;

    public StoreWriter(StoreDatabase database, CrashSwitch crash)
    {
        this.database = database;
        this.crash = crash;
        thread = new Thread(Run) { IsBackground = true, Name = "durable-store" };
        thread.Start();
    }

    /// <param name="body">Works on the database inside a transaction; may run again if the transaction of its batch fails.</param>
    /// <param name="committed">Called on the writer's thread once the transaction is on the disk, in order of the operations; must not throw.</param>
    /// <exception cref="EngineAbandonedException">The engine has stopped.</exception>
    public Task<T> RunAsync<T>(Func<StoreDatabase, T> body, Action<T>? committed = null)
    {
        var operation = new StoreOperation<T>(body, committed);
        try
        {
            queue.Add(operation);
        }
        catch (InvalidOperationException)
        {
            operation.Fail(new EngineAbandonedException());
        }

        return operation.Task;
    }

    /// <summary>Carries out what is queued, then closes the database.</summary>
    public void Dispose()
    {
        Stop();
        if (thread != Thread.CurrentThread)
            thread.Join();
    }

    /// <summary>Takes no more operations.</summary>
    public void Stop()
    {
        try
        {
            queue.CompleteAdding();
        }
        catch (ObjectDisposedException)
        {
            // Stopped twice.
        }
    }

    private void Run()
    {
        var batch = new List<StoreOperation>();
        try
        {
            foreach (var first in queue.GetConsumingEnumerable())
            {
                batch.Add(first);
                while (batch.Count < MaxBatch && queue.TryTake(out var next))
                    batch.Add(next);
                Write(batch);
                batch.Clear();
            }
        }
        catch (EngineAbandonedException abandoned)
        {
            Stop();
            foreach (var operation in batch.Concat(queue.GetConsumingEnumerable()))
                operation.Fail(abandoned);
        }
        finally
        {
            database.Dispose();
        }
    }

    private void Write(List<StoreOperation> batch)
    {
        crash.Pass(CrashPoint.BeforeTransaction);
        var failure = TryTransaction(batch);
        if (failure is null)
        {
            Complete(batch);
            return;
        }

        // One operation may have spoilt the transaction of all: each gets its own.
        foreach (var operation in batch)
        {
            List<StoreOperation> single = [operation];
            failure = TryTransaction(single);
            if (failure is null)
                Complete(single);
            else
                operation.Fail(failure);
        }
    }

    private Exception? TryTransaction(List<StoreOperation> batch)
    {
        try
        {
            database.Begin();
            foreach (var operation in batch)
                operation.Execute(database);
            crash.Pass(CrashPoint.InsideTransaction);
            database.Commit();
            return null;
        }
        catch (EngineAbandonedException)
        {
            throw;
        }
        catch (Exception exception)
        {
            try
            {
                database.Rollback();
            }
            catch (Microsoft.Data.Sqlite.SqliteException second)
            {
                return new AggregateException(exception, second);
            }

            return exception;
        }
    }

    private void Complete(List<StoreOperation> batch)
    {
        crash.Pass(CrashPoint.AfterTransaction);
        foreach (var operation in batch)
            operation.Complete();
    }
}
