using Microsoft.Extensions.Logging;

namespace SwmrKit;

/// <summary>What caches report to the log.</summary>
internal static partial class CacheLog
{
    [LoggerMessage(1, LogLevel.Error, "An eviction callback failed.")]
    public static partial void CallbackFailed(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Warning,
        "HybridCache will keep a serialized copy of every value in this process: the IDistributedCache is MemoryDistributedCache, which it leaves out only over Microsoft's MemoryCache. Remove AddDistributedMemoryCache, or register a distributed cache that is one.")]
    public static partial void SecondLevelInProcess(ILogger logger);

    [LoggerMessage(3, LogLevel.Error, "An entry that has to go could not be removed: code of its key or of a token failed.")]
    public static partial void RemovalFailed(ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Debug, "The cache was full: {Count} entries left to make room.")]
    public static partial void RoomMade(ILogger logger, int count);
}
