namespace Iml4e.LocalRuntime.Hosting.Storage;

/// <summary>A file that one process at a time holds open, so that a timer or a blob is not served twice from one data folder.</summary>
internal static class InstanceLock
{
    /// <summary>Waits until no other process holds the file, looking again every second.</summary>
    public static async Task<FileStream> TakeAsync(string path, Action whenHeldByAnother, TimeProvider time, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var told = false;
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                if (!told)
                    whenHeldByAnother();
                told = true;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
        }
    }
}
