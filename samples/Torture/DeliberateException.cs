namespace Torture;

/// <summary>What callbacks throw here on purpose.</summary>
internal sealed class DeliberateException() : Exception("thrown on purpose");
