namespace SwmrKit.Tests;

/// <summary>SWMR002, SWMR008.</summary>
public sealed class UseAfterTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_reference_used_after_its_section_is_reported() => Snippet.Check("""
        void AfterUsingBlock() { Thing thing; using (CellRead<Thing> read = Cell.Read()) { thing = read.Value; } {|SWMR002:thing|}.Do(); }

        void AfterDispose() { CellRead<Thing> read = Cell.Read(); Thing thing = read.Value; read.Dispose(); Look({|SWMR002:thing|}); }

        void AfterRefresh() { using ReadGuard guard = Domain.Enter(); Thing thing = guard.Read(Cell); guard.Refresh(); Look({|SWMR002:thing|}.Name); }

        void OnOneWay(Thing other) { Thing thing = other; if (Maybe()) { using CellRead<Thing> read = Cell.Read(); thing = read.Value; thing.Do(); } Look(thing is null); }

        void InTheNextTurn() { Thing? last = null; while (Maybe()) { last?.Do(); using CellRead<Thing> read = Cell.Read(); last = read.Value; } }

        async Task AcrossAwait() { Thing thing; using (CellRead<Thing> read = Cell.Read()) { thing = read.Value; } await Task.Yield(); {|SWMR002:thing|}.Do(); }

        void Returned() { Look(Get()); Thing Get() { Thing thing; using (CellRead<Thing> read = Cell.Read()) { thing = read.Value; } return {|SWMR002:thing|}; } }

        void Enumerated() { var all = new List<Thing>(); using (CellRead<Thing> read = Cell.Read()) { all.Add(read.Value); } foreach (Thing one in {|SWMR002:all|}) { one.Do(); } }

        void AfterLease() { Lease<Thing> lease = Cell.Lease(); Thing thing = lease.Value; lease.Dispose(); {|SWMR002:thing|}.Do(); }
        """.Replace("last?.Do();", "if (last != null) { {|SWMR002:last|}.Do(); }", StringComparison.Ordinal));

    [Fact]
    public void What_is_read_again_or_only_compared_is_not_reported() => Snippet.Check("""
        void ReadAgain() { Thing thing; using (CellRead<Thing> read = Cell.Read()) { thing = read.Value; } using (CellRead<Thing> read = Cell.Read()) { thing = read.Value; thing.Do(); } }

        void Assigned() { Thing thing; using (CellRead<Thing> read = Cell.Read()) { thing = read.Value; } thing = new Thing(); thing.Do(); }

        bool Compared(Thing other) { Thing thing; using (CellRead<Thing> read = Cell.Read()) { thing = read.Value; } return thing == other || thing is null || ReferenceEquals(thing, other); }

        void Refreshed() { using ReadGuard guard = Domain.Enter(); while (Maybe()) { Thing thing = guard.Read(Cell); thing.Do(); guard.Refresh(); } }

        void Counted() { var all = new List<Thing>(); using (CellRead<Thing> read = Cell.Read()) { all.Add(read.Value); } Look(all.Count); }

        void Numbers() { int number; using (CellRead<Thing> read = Cell.Read()) { number = read.Value.Number; } Look(number); }

        void OtherGuard() { using ReadGuard outer = Domain.Enter(); Thing thing = outer.Read(Cell); using (ReadGuard inner = Domain.Enter()) { inner.Read(Cell).Do(); } thing.Do(); }

        void InFinally() { CellRead<Thing> read = Cell.Read(); try { Look(read.Value); Thing thing = read.Value; thing.Do(); } finally { read.Dispose(); } }
        """);

    [Fact]
    public void Disposing_what_was_read_is_reported() => Snippet.Check("""
        void Direct() { using CellRead<Thing> read = Cell.Read(); {|SWMR008:read.Value|}.Dispose(); }

        void Local() { using ReadGuard guard = Domain.Enter(); Thing thing = guard.Protect(ref Root)!; {|SWMR008:thing|}.Dispose(); }

        void Exchanged() { Detached<Thing> old = Cell.Exchange(new Thing())!; {|SWMR008:old.Value|}.Dispose(); }

        void Proper() { using CellRead<Thing> read = Cell.Read(); using Thing own = read.Value.Duplicate(); own.Do(); Cell.Exchange(new Thing())!.Retire(); }
        """);

    [Fact]
    public void What_a_dictionary_read_finds_is_known() => Snippet.Check("""
        void Found() { Thing? thing; using (DictionaryRead<string, Thing> read = Dictionary.Read()) { if (read.TryGetValue("a", out thing)) { thing.Do(); } } Look({|SWMR002:thing|}); }

        void Declared() { DictionaryRead<string, Thing> read = Dictionary.Read(); read.TryGetValue("a", out Thing? thing); read.Dispose(); Look({|SWMR002:thing|}); }

        Thing Indexed() { using DictionaryRead<string, Thing> read = Dictionary.Read(); return {|SWMR001:read["a"]|}; }

        Thing Made() { using DictionaryRead<string, Thing> read = Dictionary.Read(); return {|SWMR001:read.GetOrAdd("a", static _ => new Thing())|}; }

        void Disposed() { using DictionaryRead<string, Thing> read = Dictionary.Read(); {|SWMR008:read["a"]|}.Dispose(); }

        void Left() { DictionaryRead<string, Thing> read = {|SWMR004:Dictionary.Read()|}; read["a"].Do(); {|SWMR004:Dictionary.GetOrAdd("a", static _ => new Thing())|}; }

        void Waits() { using DictionaryRead<string, Thing> read = Dictionary.Read(); {|SWMR007:Domain.Synchronize(TimeSpan.Zero)|}; }

        void InATuple() { var all = new List<(int, Thing)>(); using (DictionaryRead<string, Thing> read = Dictionary.Read()) { all.Add((1, read["a"])); } Look(all.Count); }

        void Proper() { using DictionaryRead<string, Thing> read = Dictionary.Read(); if (read.TryGetValue("a", out Thing? thing)) { thing.Do(); } read["b"].Do(); Look(read.ContainsKey("c")); }

        void InALoop() { while (Maybe()) { using DictionaryRead<string, Thing> read = Dictionary.Read(); if (read.TryGetValue("a", out Thing? thing)) { thing.Do(); } } }
        """);
}
