using System.Globalization;

namespace SwmrKit.Tests;

/// <summary>SWMR004, SWMR005, SWMR007.</summary>
public sealed class GuardTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_guard_that_nobody_disposes_is_reported() => Snippet.Check("""
        void Discarded() { {|SWMR004:Domain.Enter()|}; _ = {|SWMR004:Cell.Read()|}; }

        bool Chained() => {|SWMR004:Cell.Read()|}.Value.Do();

        void Local() { ReadGuard guard = {|SWMR004:Domain.Enter()|}; guard.Read(Cell).Do(); }

        void OnOneWay() { ReadGuard guard = {|SWMR004:Domain.Enter()|}; if (Maybe()) { return; } guard.Dispose(); }

        void InLoop() { while (Maybe()) { CellRead<Thing> read = {|SWMR004:Cell.Read()|}; read.Value.Do(); } }

        void Replaced() { CellRead<Thing> read = {|SWMR004:Cell.Read()|}; read = Cell.Read(); read.Dispose(); }

        void Lease() { Lease<Thing> lease = {|SWMR004:Cell.Lease()|}; lease.Value.Do(); {|SWMR004:Cell.Lease()|}; }
        """);

    [Fact]
    public void A_section_of_a_lock_is_a_guard_that_no_domain_waits_for() => Snippet.Check("""
        void Dropped() { {|SWMR004:Guarded.EnterRead()|}; _ = {|SWMR004:Guarded.EnterWrite()|}; int count = {|SWMR004:Twice.Read()|}.Value.Count; }

        void OnOneWay() { LockWrite write = {|SWMR004:Guarded.EnterWrite(TimeSpan.Zero)|}; if (Maybe()) { return; } write.Dispose(); }

        void Copied() { using LockRead read = Guarded.EnterRead(); LockRead copy = {|SWMR005:read|}; copy.Dispose(); }

        void Fine(ReaderHandle handle)
        {
            using LockRead read = Guarded.EnterRead(handle);
            using LeftRightRead<List<int>> twice = Twice.Read(handle);
            Look(twice.Value.Count);
            Domain.Synchronize(TimeSpan.Zero);
        }

        void Downgraded() { LockWrite write = Guarded.EnterWrite(); using LockRead read = Guarded.EnterRead(); write.Dispose(); }

        void Elsewhere() { ReaderHandle handle = Guarded.Register(); Task.Run(() => Guarded.EnterRead({|SWMR006:handle|}).Dispose()); }
        """);

    [Fact]
    public void The_message_says_what_a_guard_and_what_a_lease_left_open_lead_to()
    {
        string[] messages =
        [
            .. Snippet.Diagnostics(Snippet.Compile(Snippet.Class("void M() { Domain.Enter(); _ = Cell.Read(); Cell.Lease(); Lease<Thing> lease = Cell.Lease(); lease.Value.Do(); }")))
                .Select(static one => one.GetMessage(CultureInfo.InvariantCulture)),
        ];
        Assert.Equal(
            [
                "The read section of 'Domain.Enter()' is not disposed on every path: it holds back what it protects until its thread ends. Declare it with 'using'.",
                "The read section of 'Cell.Read()' is not disposed on every path: it holds back what it protects until its thread ends. Declare it with 'using'.",
                "The lease of 'Cell.Lease()' is not disposed on every path: once it is dropped, nobody disposes its object, which is left to its own finalizer. Declare it with 'using'.",
                "The lease of 'Cell.Lease()' is not disposed on every path: once it is dropped, nobody disposes its object, which is left to its own finalizer. Declare it with 'using'.",
            ],
            messages);
    }

    [Fact]
    public void A_guard_that_is_disposed_or_handed_on_is_not_reported() => Snippet.Check("""
        void Using() { using ReadGuard guard = Domain.Enter(); using (Domain.Enter()) { } using CellRead<Thing> read = Cell.Read(); Domain.Enter().Dispose(); }

        void Chosen(ReaderHandle handle) { try { while (true) { using CellRead<Thing> read = Maybe() ? Cell.Read() : Cell.Read(handle); read.Value.Do(); } } catch (ObjectDisposedException) { } }

        void Finally() { ReadGuard guard = Domain.Enter(); try { guard.Read(Cell).Do(); } finally { guard.Dispose(); } }

        void Plain() { CellRead<Thing> read = Cell.Read(); read.Value.Do(); read.Dispose(); }

        void Sometimes(bool locked) { ReadGuard guard = default; if (locked) { guard = Domain.Enter(); } Look(1); if (locked) { guard.Dispose(); } }

        void Asked() { ReadGuard guard = Domain.Enter(); if (guard.IsOpen) { guard.Dispose(); } }

        void Given() { ReadGuard guard = Domain.Enter(); Close(ref guard); }

        static void Close(ref ReadGuard guard) => guard.Dispose();

        ReadGuard Returned() { ReadGuard guard = Domain.Enter(); Look(1); return guard; }

        ref struct Holder(ReadGuard guard) { private ReadGuard _guard = guard; public void Dispose() => _guard.Dispose(); }

        Holder Held() { ReadGuard guard = Domain.Enter(); return new Holder(guard); }

        Lease<Thing>? _lease;

        void Leases() { using Lease<Thing> one = Cell.Lease(); _lease = Cell.Lease(); Lease<Thing>? other = Cell.Lease(); other?.Dispose(); Lease<Thing> third = Cell.Lease(); Look(third); }

        async Task AsyncLease() { using Lease<Thing> lease = Cell.Lease(); await Task.Yield(); try { lease.Value.Do(); } catch (Exception) { await Task.Yield(); } }
        """);

    [Fact]
    public void A_copied_guard_is_reported() => Snippet.Check("""
        static void ByValue(ReadGuard guard) { } static void ByReference(in ReadGuard guard) { } static void Changed(ref ReadGuard guard) { }

        void Copies()
        {
            using ReadGuard guard = Domain.Enter();
            ReadGuard copy = {|SWMR005:guard|};
            ByValue({|SWMR005:guard|});
            copy.Dispose();
        }

        ReadGuard Closed() { using ReadGuard guard = Domain.Enter(); return {|SWMR005:guard|}; }

        ReadGuard Lent(ref ReadGuard guard) => {|SWMR005:guard|};

        void NoCopies()
        {
            using ReadGuard guard = Domain.Enter();
            ByReference(guard);
            ByReference(in guard);
            ReadGuard other = Domain.Enter();
            ref ReadGuard same = ref other;
            Changed(ref other);
            Changed(ref same);
            ByValue(Domain.Enter());
        }
        """);

    [Fact]
    public void Waiting_for_readers_inside_a_section_is_reported() => Snippet.Check("""
        void Waits()
        {
            using ReadGuard guard = Domain.Enter();
            {|SWMR007:Domain.Synchronize(TimeSpan.FromSeconds(1))|};
            {|SWMR007:Domain.Readers.WaitForReaders(TimeSpan.FromSeconds(1))|};
            {|SWMR007:Domain.Dispose()|};
        }

        void UnderRead() { using CellRead<Thing> read = Cell.Read(); Look({|SWMR007:Cell.Domain.Synchronize(TimeSpan.Zero)|}); }

        void Lent(ref ReadGuard guard) => {|SWMR007:Domain.Dispose()|};

        void Outside() { using (Domain.Enter()) { Look(1); } Domain.Synchronize(TimeSpan.Zero); Domain.TryReclaim(); Domain.Dispose(); }

        void OtherDomain(RetirementDomain other) { using ReadGuard guard = Domain.Enter(); other.Synchronize(TimeSpan.Zero); }

        void Later() { using ReadGuard guard = Domain.Enter(); Action later = () => Domain.Synchronize(TimeSpan.Zero); Look(later); }

        void UnderLease() { using Lease<Thing> lease = Cell.Lease(); Domain.Synchronize(TimeSpan.Zero); }
        """);

    [Fact]
    public void Deeply_nested_sections_are_looked_through_in_little_time()
    {
        string opened = string.Concat(Enumerable.Range(0, 30).Select(static i => $"using CellRead<Thing> read{i} = Cell.Read(); try {{ Look(read{i}.Value); }} catch (Exception) {{ }}\n"));
        Snippet.Check($"Thing Deep() {{ {opened} return {{|SWMR001:read29.Value|}}; }}");
    }
}
