using System.Globalization;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Keeps a second process from opening the same hub; released by the operating system when the process ends, however it ends.</summary>
internal sealed class HubLock : IDisposable
{
    private readonly FileStream file;

    /// <exception cref="InvalidOperationException">Another process holds the hub.</exception>
    public HubLock(string path, TimeProvider time)
    {
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new InvalidOperationException($"The task hub '{Path.GetFileNameWithoutExtension(path)}' is in use by another process.", exception);
        }

        file.SetLength(0);
        file.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {time.GetUtcNow():o}\n")));
        file.Flush();
    }

    public void Dispose() => file.Dispose();
}
