namespace Iml4e.Catalog;

/// <summary>What a verification walks.</summary>
[Flags]
public enum VerificationScope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Every artefact's bytes against its digest.</summary>
    Artefacts = 1,

    /// <summary>Models: versions, their artefacts, aliases and their history.</summary>
    Models = 2,

    /// <summary>Data sets: versions, manifests, and the artefacts of their parts.</summary>
    Datasets = 4,

    /// <summary>Runs: their artefacts, and the lists that they stand in.</summary>
    Runs = 8,

    /// <summary>All other documents.</summary>
    Documents = 16,

    /// <summary>The hash chains of all audit logs, and their anchors.</summary>
    Audit = 32,

    /// <summary>The prediction logs: every line, and the versions named.</summary>
    Predictions = 64,

    /// <summary>Everything.</summary>
    All = Artefacts | Models | Datasets | Runs | Documents | Audit | Predictions,
}
