namespace Iml4e.Learning;

/// <summary>How a value is written.</summary>
internal enum CellStyle : byte
{
    /// <summary>As it is: blanks around it do not count, and words such as NA mean that it is missing.</summary>
    Bare,

    /// <summary>Between the quotes of CSV, which may hold anything, a number too.</summary>
    Quoted,

    /// <summary>Quoted, with doubled quotes inside.</summary>
    Escaped,

    /// <summary>A JSON string: no number unless that is declared.</summary>
    Text,
}
