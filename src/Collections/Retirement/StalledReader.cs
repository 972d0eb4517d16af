namespace SwmrKit;

/// <summary>A reader that has been inside one read section for long.</summary>
/// <param name="Name">The name given at registration, or the thread's.</param>
/// <param name="Age">For how long it has been inside, at least: since it was first seen there.</param>
public readonly record struct StalledReader(string Name, TimeSpan Age);
