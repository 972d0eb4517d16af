namespace SwmrKit.Tests;

/// <summary>SWMR006.</summary>
public sealed class HandleTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_handle_taken_to_another_thread_is_reported() => Snippet.Check("""
        void Elsewhere(ReaderHandle given)
        {
            using ReaderHandle handle = Domain.Register();
            Task.Run(() => {|SWMR006:handle|}.Enter().Dispose());
            Task.Factory.StartNew(() => { using CellRead<Thing> read = Cell.Read({|SWMR006:given|}); });
            new Thread(() => {|SWMR006:handle|}.Dispose()).Start();
            new Thread(Work).Start();
            ThreadPool.QueueUserWorkItem(_ => Look({|SWMR006:handle|}));
            Parallel.For(0, 2, _ => { using ReadGuard guard = {|SWMR006:handle|}.Enter(); });

            void Work() => {|SWMR006:given|}.Enter().Dispose();
        }
        """);

    [Fact]
    public void A_handle_used_after_an_await_is_reported() => Snippet.Check("""
        async Task Uses(ReaderHandle given)
        {
            ReaderHandle handle = Domain.Register();
            handle.Enter().Dispose();
            await Task.Yield();
            {|SWMR006:handle|}.Enter().Dispose();
            using CellRead<Thing> read = Cell.Read({|SWMR006:given|});
        }

        async Task Disposes() { using ReaderHandle {|SWMR006:handle|} = Domain.Register(); await Task.Yield(); }

        async Task Loops(ReaderHandle given) { while (Maybe()) { {|SWMR006:given|}.Enter().Dispose(); await Task.Yield(); } }
        """);

    [Fact]
    public void A_handle_that_threads_share_is_reported() => Snippet.Check("""
        static ReaderHandle? {|SWMR006:s_handle|}; static ReaderHandle? {|SWMR006:Shared|} { get; set; } static readonly AsyncLocal<ReaderHandle> {|SWMR006:s_flowing|} = new();
        """);

    [Fact]
    public void A_handle_that_stays_on_its_thread_is_not_reported() => Snippet.Check("""
        ReaderHandle? _handle; [ThreadStatic] static ReaderHandle? t_handle; readonly ThreadLocal<ReaderHandle> _own = new();

        void Fields() { _handle = Domain.Register(); t_handle ??= Domain.Register(); new Thread(() => { _handle = Domain.Register(); _handle.Enter().Dispose(); }).Start(); }

        void Inside()
        {
            new Thread(() => { using ReaderHandle handle = Domain.Register(); handle.Enter().Dispose(); }).Start();
            ReaderHandle? assigned = null;
            new Thread(() => { assigned = Domain.Register(); assigned.Enter().Dispose(); }).Start();
            using ReaderHandle named = Domain.Register();
            Task.Run(() => Look(named.Name));
            Action here = () => named.Enter().Dispose();
            here();
        }

        async Task Before() { using (ReaderHandle handle = Domain.Register()) { handle.Enter().Dispose(); } await Task.Yield(); ReaderHandle next = Domain.Register(); next.Enter().Dispose(); next.Dispose(); }
        """);
}
