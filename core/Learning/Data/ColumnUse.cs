namespace Iml4e.Learning;

/// <summary>What a reading of a table is for, as far as one column is concerned.</summary>
internal enum ColumnUse
{
    /// <summary>To tell what it holds.</summary>
    Describe,

    /// <summary>To have its values too.</summary>
    Keep,

    /// <summary>To have its values as names: an earlier reading told that it is a category.</summary>
    Names,

    /// <summary>Nothing: an earlier reading has its values.</summary>
    Skip,
}
