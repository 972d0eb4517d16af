namespace SwmrKit;

/// <summary>How much may be pending, and what comes of it when it is more. Guarded by the clock's gate.</summary>
internal sealed class PendingLimits
{
    private readonly string _name;
    private readonly long _most;
    private readonly long _mostBytes;
    private readonly RetirementOverflow _policy;
    private bool _isOver;
    private long _bytesIncoming;

    private PendingLimits(RetirementOptions options, string name)
    {
        _name = name;
        _most = options.MaxPending ?? long.MaxValue;
        _mostBytes = options.MaxPendingBytes ?? long.MaxValue;
        _policy = options.Overflow;
    }

    /// <summary>The limits of these options; null when there are none.</summary>
    public static PendingLimits? Of(RetirementOptions options, string name) =>
        options.MaxPending is null && options.MaxPendingBytes is null ? null : new PendingLimits(options, name);

    /// <summary>Refuses room for one more, if that is what is wanted.</summary>
    /// <exception cref="RetirementOverflowException">There is no room left.</exception>
    public void ThrowIfFull(long pending, long bytes)
    {
        if (_policy == RetirementOverflow.Throw && (pending >= _most || bytes >= _mostBytes))
        {
            throw new RetirementOverflowException(
                $"{pending} things with {bytes} bytes are pending in the retirement domain '{_name}', which allows {Text(_most, "things")} and {Text(_mostBytes, "bytes")}. "
                + "Readers hold them back (RetirementDomain.GetStalledReaders names them), leases do, or callbacks are slow. Nothing has been changed.");
        }
    }

    /// <summary>Takes note of one more.</summary>
    /// <param name="pending">How many are pending with it.</param>
    /// <param name="bytes">The bytes that are pending with it.</param>
    /// <param name="itsBytes">Its own.</param>
    /// <param name="isFairPart">Whether a full batch has come in since the last pass, and an eighth of what is held.</param>
    /// <param name="isPassDue">Set when too much is pending and a fair part of it, in number or in bytes, has come in since the last pass: fair, for a pass looks at all
    /// that is held, and however much that is, it stays a constant part of each retirement's cost.</param>
    /// <returns>Whether this one has passed the limit, and somebody wants to know.</returns>
    public bool Accept(long pending, long bytes, long itsBytes, bool isFairPart, ref bool isPassDue)
    {
        bool wasOver = _isOver;
        _isOver = pending > _most || bytes > _mostBytes;
        _bytesIncoming += itsBytes;
        isPassDue |= (pending >= _most || bytes >= _mostBytes) && (isFairPart || _bytesIncoming > Math.Max(_mostBytes, bytes) / 4);
        return _isOver && !wasOver && _policy != RetirementOverflow.Grow;
    }

    /// <summary>Takes note that a pass has taken what had come in.</summary>
    public void Taken() => _bytesIncoming = 0;

    private static string Text(long limit, string what) => limit == long.MaxValue ? $"any number of {what}" : $"{limit} {what}";
}
