using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CertificateRotation;
using Xunit.Abstractions;

namespace SwmrKit.Tests;

/// <summary>When a certificate's key is really freed, and that the sample's books notice what they are there for.</summary>
public sealed class ServerCertificateTests(ITestOutputHelper output) : IClassFixture<SharedMachine>
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly CertificateLedger _ledger = new();

    [Fact]
    public async Task A_replaced_certificates_key_is_freed_when_the_last_connection_that_uses_it_is_closed()
    {
        if (!OperatingSystem.IsLinux() || SafeEvpPKeyHandle.OpenSslVersion >> 28 != 3)
        {
            TestMode.NoPower(output, "this is not Linux with OpenSSL 3");
            return;
        }

        using var source = new FileSource(_ledger);
        ServerCertificate first = _ledger.Find(1)!;
        StrongBox<int> freed = NativeKeys.CountFrees(first.Certificate);
        await using Server server = await Server.Start(source);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString(HashAlgorithmName.SHA256) == first.Fingerprint;
        using (var http = new HttpClient(handler, disposeHandler: false) { BaseAddress = server.Address })
        {
            Assert.StartsWith("1 ", await http.GetStringAsync(new Uri("/before", UriKind.Relative)), StringComparison.Ordinal);

            await source.Replace();
            source.Drain();
            Assert.True(first.IsDisposed);
            Assert.Equal(0, Volatile.Read(ref freed.Value)); // The connection has a duplicate.
            Assert.StartsWith("2 ", await http.GetStringAsync(new Uri("/after", UriKind.Relative)), StringComparison.Ordinal);
        }

        handler.Dispose();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref freed.Value) > 0, s_deadline), "the key was never freed");
        Assert.Equal(1, freed.Value);
    }

    [Fact]
    public async Task A_certificate_leased_for_an_upload_is_disposed_when_the_upload_has_been_signed_and_later_ones_before()
    {
        using var source = new FileSource(_ledger);
        ServerCertificate first = _ledger.Find(1)!;
        var text = new TaskCompletionSource<byte[]>();
        Task<(int Number, byte[] Signature)> upload = source.Sign(text.Task);
        first.NoteReplacement();
        ServerCertificate second = await source.Replace();
        second.NoteReplacement();
        await source.Replace();
        Assert.True(SpinWait.SpinUntil(() => second.IsDisposed, s_deadline), "the lease holds back more than its own certificate");
        Assert.False(first.IsDisposed);

        text.SetResult([1, 2, 3]);
        (int number, byte[] signature) = await upload;
        Assert.Equal(1, number);
        Assert.True(ServerCertificate.Verify(first.PublicKey, [1, 2, 3], signature));
        source.Drain();
        Assert.True(first.IsDisposed);
        Assert.Equal(1, _ledger.ReplacedDuringUpload);
        Assert.Equal(0, _ledger.UsedAfterDisposal);
    }

    [Fact]
    public async Task The_settings_may_name_another_file_and_a_file_is_written_again()
    {
        using var source = new FileSource(_ledger);
        for (int number = 2; number < 14; number++) // Through three files.
        {
            Assert.Equal(number, (await source.Replace()).Number);
            Assert.Equal(number, source.Sign("text"u8).Number);
        }
    }

    [Fact]
    public async Task Control_an_upload_without_a_lease_finds_its_certificate_disposed()
    {
        using var source = new NaiveSource(_ledger);
        ServerCertificate first = _ledger.Find(1)!;
        var text = new TaskCompletionSource<byte[]>();
        Task<(int Number, byte[] Signature)> upload = source.Sign(text.Task);
        first.NoteReplacement();
        await source.Replace();
        text.SetResult([1, 2, 3]);
        await Assert.ThrowsAsync<CryptographicException>(() => upload);
        Assert.Equal(1, _ledger.UsedAfterDisposal);
    }

    [Fact]
    public void A_signature_is_verified_with_the_public_key_of_its_certificate_and_no_other()
    {
        using ServerCertificate first = _ledger.Make();
        using ServerCertificate second = _ledger.Make();
        byte[] signature = first.Sign("text"u8);
        Assert.True(ServerCertificate.Verify(first.PublicKey, "text"u8, signature));
        Assert.False(ServerCertificate.Verify(first.PublicKey, "next"u8, signature));
        Assert.False(ServerCertificate.Verify(second.PublicKey, "text"u8, signature));
    }

    [Fact]
    public void A_duplicate_outlives_the_original()
    {
        ServerCertificate certificate = Replaced();
        using X509Certificate2 duplicate = certificate.Duplicate();
        certificate.Dispose();
        using ECDsa key = duplicate.GetECDsaPrivateKey()!;
        Assert.True(ServerCertificate.Verify(certificate.PublicKey, "text"u8, key.SignData("text"u8, HashAlgorithmName.SHA256)));
        Assert.Empty(Complaints());
    }

    [Fact]
    public void Control_a_use_after_disposal_fails_and_is_noticed()
    {
        ServerCertificate certificate = Replaced();
        certificate.Dispose();
        Assert.Throws<CryptographicException>(() => certificate.Sign("text"u8));
        using X509Certificate2 duplicate = certificate.Duplicate(); // It succeeds, and is of no use:
        Assert.Throws<CryptographicException>(() => duplicate.Subject);
        Assert.Equal("2 times a certificate was used that had been disposed", Assert.Single(Complaints()));
    }

    [Fact]
    public void Control_a_second_disposal_is_noticed()
    {
        ServerCertificate certificate = Replaced();
        certificate.Dispose();
        certificate.Dispose();
        Assert.Equal("1 times a certificate was disposed again", Assert.Single(Complaints()));
    }

    [Fact]
    public void Control_a_replaced_certificate_that_is_never_disposed_is_noticed()
    {
        using ServerCertificate certificate = Replaced();
        Assert.Equal("1 certificates were replaced and never disposed", Assert.Single(Complaints()));
    }

    [Fact]
    public void Control_a_late_disposal_is_noticed()
    {
        _ledger.NoteReplacement();
        _ledger.NoteDisposal(TimeSpan.FromSeconds(7.5), isFirst: true);
        Assert.Equal("a certificate was disposed only 7.5 s after its replacement", Assert.Single(Complaints()));
    }

    [Fact]
    public void Control_a_run_without_an_upload_is_noticed() =>
        Assert.Equal("no request held a certificate while its text was to come", Assert.Single(Complaints(uploads: 0)));

    private ServerCertificate Replaced()
    {
        ServerCertificate certificate = _ledger.Make();
        certificate.NoteReplacement();
        return certificate;
    }

    private IEnumerable<string> Complaints(int uploads = 1)
    {
        for (int i = 0; i < uploads; i++)
        {
            _ledger.NoteUpload(isReplaced: true);
        }

        var tally = new Tally();
        tally.CountRequest();
        return new Standing(_ledger, tally, rotations: 0).Complaints();
    }

    /// <summary>Asks OpenSSL itself: it calls back when it frees a key that something has been attached to.</summary>
    private static unsafe class NativeKeys
    {
        private const int KeyClass = 17; // CRYPTO_EX_INDEX_EVP_PKEY of OpenSSL 3.

        private static readonly int s_index = GetNewIndex(KeyClass, 0, 0, 0, 0, &OnFree);

        /// <summary>Counts how often the key is freed.</summary>
        public static StrongBox<int> CountFrees(X509Certificate2 certificate)
        {
            var freed = new StrongBox<int>();
            using var key = (ECDsaOpenSsl)certificate.GetECDsaPrivateKey()!;
            using SafeEvpPKeyHandle handle = key.DuplicateKeyHandle();
            Assert.Equal(1, Attach(handle.DangerousGetHandle(), s_index, GCHandle.ToIntPtr(GCHandle.Alloc(freed))));
            return freed;
        }

        [UnmanagedCallersOnly]
        private static void OnFree(nint key, nint attached, nint all, int index, long number, nint argument)
        {
            if (attached != 0)
            {
                GCHandle handle = GCHandle.FromIntPtr(attached);
                Interlocked.Increment(ref ((StrongBox<int>)handle.Target!).Value);
                handle.Free();
            }
        }

        [DllImport("libcrypto.so.3", EntryPoint = "CRYPTO_get_ex_new_index")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int GetNewIndex(int kind, long number, nint argument, nint onNew, nint onCopy, delegate* unmanaged<nint, nint, nint, int, long, nint, void> onFree);

        [DllImport("libcrypto.so.3", EntryPoint = "EVP_PKEY_set_ex_data")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int Attach(nint key, int index, nint attached);
    }
}
