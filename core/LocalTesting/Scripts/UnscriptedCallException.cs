namespace Iml4e.LocalRuntime.Testing.Scripts;

/// <summary>The code under test called something that the test has no answer for: the test is wrong, or the code is.</summary>
public sealed class UnscriptedCallException(string message) : InvalidOperationException(message);
