using System.Collections.Concurrent;
using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Connections that read the hub's database beside the writer, as many as there are readers at once; each keeps its prepared statements.</summary>
internal sealed class StoreReaders(string path) : IDisposable
{
    private readonly ConcurrentBag<StoreDatabase> free = [];
    private int disposed;

    /// <summary>Reads one state of the database, the last that is committed.</summary>
    /// <exception cref="EngineAbandonedException">The engine has stopped.</exception>
    public T Read<T>(Func<StoreDatabase, T> body)
    {
        if (Volatile.Read(ref disposed) != 0)
            throw new EngineAbandonedException();
        var database = free.TryTake(out var taken) ? taken : StoreDatabase.OpenReader(path);
        try
        {
            database.BeginReading();
            var result = body(database);
            database.Commit();
            return result;
        }
        catch
        {
            database.Rollback();
            throw;
        }
        finally
        {
            free.Add(database);
            if (Volatile.Read(ref disposed) != 0)
                Close();
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref disposed, 1);
        Close();
    }

    private void Close()
    {
        while (free.TryTake(out var database))
            database.Dispose();
    }
}
