namespace Iml4e.Learning;

/// <summary>How the categories of a column become features.</summary>
public enum CategoryEncoding
{
    /// <summary>A feature for each category, 1 where it is the row's; none is 1 for a category that was not learnt.</summary>
    OneHot,

    /// <summary>One feature that holds the place of the category in the list, from 0; missing for a category that was not learnt.</summary>
    Code,
}
