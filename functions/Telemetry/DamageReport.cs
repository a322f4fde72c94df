using Iml4e.Catalog;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Telemetry;

/// <summary>Tells of stored bytes that are not what was stored: in the log, and as a number to be alarmed by.</summary>
internal sealed class DamageReport(AppMetrics metrics, ILogger<DamageReport> logger)
{
    /// <summary>A file's bytes are not those of its digest.</summary>
    public void Found(DigestMismatchException damage)
    {
        logger.LogError(damage, "The artefact {Digest} is damaged.", damage.Expected);
        metrics.Damaged("artefact");
    }

    /// <summary>A document cannot be read.</summary>
    public void Found(DocumentDamagedException damage)
    {
        logger.LogError(damage, "The document {Document} is damaged.", damage.Document);
        metrics.Damaged("document");
    }
}
