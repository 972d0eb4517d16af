using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;

namespace SwmrKit.Tests;

/// <summary>What people keep beside their options: certificates, handlers, native memory, pooled buffers, scopes.</summary>
public sealed class ResourceKindTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void Resources_of_every_kind_are_given_back()
    {
        var configuration = new TestConfiguration();
        var pool = new CountingPool();
        IServiceCollection services = configuration.Services().AddSingleton<RetirementDomain>();
        services.AddSwmrOptions<Settings>()
            .AddSnapshot(static _ => SelfSigned())
            .AddSnapshot(static _ => new SocketsHttpHandler())
            .AddSnapshot(static settings => new NativeMemoryBlock(settings.First * 100))
            .AddSnapshot(static settings => CountingPool.Rent(100), reclaim: buffer => pool.Return(buffer))
            .AddSnapshot(static (settings, provider) => new Scoped(provider.GetRequiredService<IServiceScopeFactory>().CreateAsyncScope()));
        using ServiceProvider provider = services.BuildServiceProvider(validateScopes: true);
        ISnapshot<X509Certificate2> certificate = provider.GetRequiredService<ISnapshot<X509Certificate2>>();
        ISnapshot<SocketsHttpHandler> handler = provider.GetRequiredService<ISnapshot<SocketsHttpHandler>>();
        ISnapshot<NativeMemoryBlock> block = provider.GetRequiredService<ISnapshot<NativeMemoryBlock>>();
        ISnapshot<byte[]> buffer = provider.GetRequiredService<ISnapshot<byte[]>>();
        ISnapshot<Scoped> scoped = provider.GetRequiredService<ISnapshot<Scoped>>();
        (X509Certificate2 c, SocketsHttpHandler h, NativeMemoryBlock m, Scoped s) =
            (Value(certificate), Value(handler), Value(block), Value(scoped));
        Assert.False(m.IsFreed);
        configuration.Change(2);
        Assert.True(block.Domain.Synchronize(TimeSpan.FromSeconds(60)));
        Assert.True(m.IsFreed);
        Assert.Equal(0, c.Handle); // Disposed.
        Assert.Throws<ObjectDisposedException>(() => h.MaxConnectionsPerServer = 1);
        Assert.True(s.IsDisposed);
        Assert.Equal(1, pool.Returned);
        Assert.Equal((2L, 2L, 2L, 2L, 2L), (certificate.Version, handler.Version, block.Version, buffer.Version, scoped.Version));
    }

    private static T Value<T>(ISnapshot<T> snapshot)
        where T : class
    {
        using Lease<T> lease = snapshot.Lease();
        return lease.Value;
    }

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed unsafe class NativeMemoryBlock(int bytes) : IDisposable
    {
        private void* _memory = NativeMemory.Alloc((nuint)bytes);

        public bool IsFreed => _memory is null;

        public void Dispose()
        {
            NativeMemory.Free(_memory);
            _memory = null;
        }
    }

    private sealed class Scoped(AsyncServiceScope scope) : IAsyncDisposable
    {
        public bool IsDisposed { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await scope.DisposeAsync();
            IsDisposed = true;
        }
    }

    private sealed class CountingPool
    {
        private int _returned;

        public int Returned => Volatile.Read(ref _returned);

        public static byte[] Rent(int length) => ArrayPool<byte>.Shared.Rent(length);

        public void Return(byte[] buffer)
        {
            Interlocked.Increment(ref _returned);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
