namespace Iml4e.Catalog;

/// <summary>When an append returns.</summary>
public enum Durability
{
    /// <summary>When the storage has the record.</summary>
    Durable,

    /// <summary>
    /// When the record is queued: it is written within moments, and lost if the process dies before; see <see cref="CatalogOptions.BufferedWindow"/>.
    /// </summary>
    Buffered,
}
