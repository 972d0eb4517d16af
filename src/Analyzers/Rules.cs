using Microsoft.CodeAnalysis;

namespace SwmrKit.Analyzers;

/// <summary>What the analyzer reports. Each rule has a section of <c>docs/analyzers.md</c>, which gives the reason for its severity.</summary>
internal static class Rules
{
    public const string EscapeId = "SWMR001";
    public const string UseAfterId = "SWMR002";
    public const string WorkId = "SWMR003";
    public const string NotDisposedId = "SWMR004";
    public const string CopyId = "SWMR005";
    public const string HandleId = "SWMR006";
    public const string WaitInsideId = "SWMR007";
    public const string DisposesValueId = "SWMR008";

    private const string Category = "SwmrKit.ReadSections";

    // In the repository, and in the package: neither has an address of its own.
    private const string Page = "docs/analyzers.md";

    public static readonly DiagnosticDescriptor Escape = Rule(
        EscapeId,
        "A reference leaves its read section",
        "'{0}' {1}, but it is protected only until '{2}' is disposed. Use it inside the read section, or let out what you made of it there.",
        "An object read under a guard may be disposed as soon as the guard is. A reference that is returned, or stored where it outlives the guard, ends as a use after free.");

    public static readonly DiagnosticDescriptor UseAfter = Rule(
        UseAfterId,
        "A reference is used after its read section",
        "'{0}' was read under '{1}', which has been disposed or refreshed: what it refers to may be disposed by now. Use it inside the read section, or read again.",
        "Dispose and Refresh give up all that was read under the guard. What it refers to may be disposed at any time from then on.");

    public static readonly DiagnosticDescriptor Work = Rule(
        WorkId,
        "Work that was given a protected reference outlives the read section",
        "'{0}' may still be using what was read under '{1}' when the read section ends. Wait for it inside, or give it an object of its own.",
        "A task or thread goes on after the call that started it returned. If nothing waits for it inside the read section, it may use the object after its disposal.");

    public static readonly DiagnosticDescriptor NotDisposed = Rule(
        NotDisposedId,
        "A read section is never left",
        "The {0} of '{1}' is not disposed on every path: {2}. Declare it with 'using'.",
        "A guard that is not disposed holds back the disposal of all it protects until its thread ends. The object of a lease that is dropped is never disposed by its container: it is left to its own finalizer.");

    public static readonly DiagnosticDescriptor Copy = Rule(
        CopyId,
        "A guard is copied",
        "'{0}' is copied {1}. The copy does not notice when the original is disposed, and then protects nothing. Pass it by 'ref' or 'in', or use the original.",
        "Guards and reads are values: a copy that outlives the original reads on without protection, and nothing tells it so.");

    public static readonly DiagnosticDescriptor Handle = Rule(
        HandleId,
        "A reader handle is used on a thread that did not register it",
        "'{0}' {1}, but only the thread that registered a reader handle may enter through it. Register a handle on the thread that reads, or read without one.",
        "Entering through a handle is not synchronised: two threads that do so overwrite each other's announcement, and objects in use are disposed.");

    public static readonly DiagnosticDescriptor WaitInside = Rule(
        WaitInsideId,
        "Waiting for readers inside a read section",
        "'{0}' waits for every read section to be left, and '{1}' is still open here. Dispose it first.",
        "Whoever waits for readers inside a read section waits for himself. A wait in the same domain is refused with an InvalidOperationException.");

    public static readonly DiagnosticDescriptor DisposesValue = Rule(
        DisposesValueId,
        "A reader disposes what it reads",
        "'{0}' belongs to what it was read from, and other readers may be using it. Retire or replace it there; never dispose it directly.",
        "What is published in a cell or a structure is disposed by its retirement domain, exactly once, when no reader uses it.");

    private static DiagnosticDescriptor Rule(string id, string title, string message, string description) =>
        new(id, title, message, Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, description, $"{Page}#{id.ToLowerInvariant()}");
}
