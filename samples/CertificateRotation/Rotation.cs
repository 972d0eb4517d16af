namespace CertificateRotation;

/// <summary>One run: a server, clients that keep it busy, and a certificate that is replaced again and again meanwhile.</summary>
internal sealed class Rotation
{
    private static readonly TimeSpan s_reportEvery = TimeSpan.FromSeconds(1);

    private readonly Arguments _arguments;
    private readonly Action<Standing> _progress;
    private readonly CertificateLedger _ledger = new();
    private readonly Tally _tally = new();
    private int _rotations;

    private Rotation(Arguments arguments, Action<Standing> progress)
    {
        _arguments = arguments;
        _progress = progress;
    }

    public static Task<Standing> Run(Arguments arguments, Action<Standing> progress) => new Rotation(arguments, progress).Run();

    private async Task<Standing> Run()
    {
        using (ICertificateSource source = _arguments.Naive ? new NaiveSource(_ledger) : new FileSource(_ledger))
        {
            ServerCertificate current = _ledger.Find(1)!;
            _ledger.NotePublication(current);
            await using (Server server = await Server.Start(source))
            {
                using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(_arguments.Seconds));
                Client[] clients = [.. Enumerable.Range(0, _arguments.Clients).Select(_ => new Client(server.Address, _arguments.RotateEvery, _ledger, _tally))];
                Task[] running = [.. clients.Select(client => Task.Run(() => client.Run(stop.Token))), Report(stop.Token)];
                current = await Replace(source, current, stop.Token);
                await Task.WhenAll(running);
                foreach (Client client in clients)
                {
                    client.Dispose();
                }
            }

            source.Drain();
            current.NoteReplacement(); // By nothing: it goes with the source.
        }

        return Now();
    }

    private async Task<ServerCertificate> Replace(ICertificateSource source, ServerCertificate current, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_arguments.RotateEvery);
        while (await Tick(timer, stop))
        {
            current.NoteReplacement();
            current = await source.Replace();
            _ledger.NotePublication(current);
            _rotations++;
        }

        return current;
    }

    private async Task Report(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(s_reportEvery);
        while (await Tick(timer, stop))
        {
            _progress(Now());
        }
    }

    private static async Task<bool> Tick(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private Standing Now() => new(_ledger, _tally, Volatile.Read(ref _rotations));
}
