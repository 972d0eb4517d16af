namespace SwmrKit.Testing;

/// <summary>Unwinds the threads of an execution that goes no further: it failed, or nothing new can come of it.</summary>
#pragma warning disable CA1064, RCS1194 // Never seen outside: caught where the thread began.
internal sealed class ExecutionAbortedException : Exception;
#pragma warning restore CA1064, RCS1194
