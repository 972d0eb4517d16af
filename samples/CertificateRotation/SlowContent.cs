using System.Net;

namespace CertificateRotation;

/// <summary>A text whose second half comes some time after its first.</summary>
internal sealed class SlowContent(byte[] text, TimeSpan pause) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        int half = text.Length / 2;
        await stream.WriteAsync(text.AsMemory(0, half));
        await stream.FlushAsync();
        await Task.Delay(pause);
        await stream.WriteAsync(text.AsMemory(half));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = text.Length;
        return true;
    }
}
