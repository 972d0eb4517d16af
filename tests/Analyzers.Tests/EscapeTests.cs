namespace SwmrKit.Tests;

/// <summary>SWMR001, SWMR003.</summary>
public sealed class EscapeTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_returned_reference_escapes() => Snippet.Check("""
        Thing FromRead() { using CellRead<Thing> read = Cell.Read(); return {|SWMR001:read.Value|}; }

        Thing FromLocal() { using CellRead<Thing> read = Cell.Read(); Thing thing = read.Value; thing.Do(); return {|SWMR001:thing|}; }

        Thing? FromProtect() { using ReadGuard guard = Domain.Enter(); return {|SWMR001:guard.Protect(ref Root)|}; }

        object FromGuard() { using ReadGuard guard = Domain.Enter(); return {|SWMR001:guard.Read(Cell)|}; }

        Thing FromBlock() { using (CellRead<Thing> read = Cell.Read()) { return {|SWMR001:read.Value|}; } }

        Thing Either(bool first) { using CellRead<Thing> read = Cell.Read(); return {|SWMR001:first ? read.Value : new Thing()|}; }

        (int, Thing) InTuple() { using CellRead<Thing> read = Cell.Read(); return {|SWMR001:(1, read.Value)|}; }

        Thing[] InArray() { using CellRead<Thing> read = Cell.Read(); return {|SWMR001:[read.Value]|}; }

        Thing? Tested() { using CellRead<Thing> read = Cell.Read(); if (read.Value is Thing { Number: > 1 } thing) { return {|SWMR001:thing|}; } return null; }

        Func<Thing> FromLambda() => () => { using CellRead<Thing> read = Cell.Read(); return {|SWMR001:read.Value|}; };

        IEnumerable<Thing> Yielded() { Thing? found; using (CellRead<Thing> read = Cell.Read()) { found = read.Value; } yield return {|SWMR002:found|}; }
        """);

    [Fact]
    public void A_stored_reference_escapes() => Snippet.Check("""
        Thing? _field; static Thing? s_static; Thing? Property { get; set; } readonly Thing[] _array = new Thing[1]; readonly List<Thing> _list = []; Action? _later; event Action? Happens;

        void Store(out Thing handed, Box box, Span<Thing> span)
        {
            using CellRead<Thing> read = Cell.Read();
            _field = {|SWMR001:read.Value|};
            s_static = {|SWMR001:read.Value|};
            Property = {|SWMR001:read.Value|};
            _array[0] = {|SWMR001:read.Value|};
            _list.Add({|SWMR001:read.Value|});
            box.Content = {|SWMR001:read.Value|};
            span[0] = {|SWMR001:read.Value|};
            handed = {|SWMR001:read.Value|};
            Thing thing = read.Value;
            _later = {|SWMR001:() => thing.Do()|};
            Happens += {|SWMR001:() => thing.Do()|};
            Happens?.Invoke();
        }

        void ThroughParameter(ref ReadGuard guard) => _field = {|SWMR001:guard.Read(Cell)|};
        """);

    [Fact]
    public void What_goes_out_with_something_made_to_hold_it_escapes() => Snippet.Check("""
        Box Made() { using CellRead<Thing> read = Cell.Read(); return {|SWMR001:new Box { Content = read.Value }|}; }

        Box Filled() { using CellRead<Thing> read = Cell.Read(); var box = new Box(); box.Field = read.Value; return {|SWMR001:box|}; }

        List<Thing> Collected() { using CellRead<Thing> read = Cell.Read(); var list = new List<Thing>(); list.Add(read.Value); return {|SWMR001:list|}; }

        Func<bool> Captured() { using CellRead<Thing> read = Cell.Read(); Thing thing = read.Value; return {|SWMR001:() => thing.Do()|}; }

        Func<bool> Bound() { using CellRead<Thing> read = Cell.Read(); return {|SWMR001:read.Value.Do|}; }

        IEnumerable<bool> Lazy() { using CellRead<Thing> read = Cell.Read(); Thing thing = read.Value; return {|SWMR001:Enumerable.Range(0, 3).Select(_ => thing.Do())|}; }
        """);

    [Fact]
    public void Using_a_reference_inside_the_section_is_no_escape() => Snippet.Check("""
        string _name = ""; int _sum; Thing? _own;

        string Used(Dictionary<string, int> counts)
        {
            using CellRead<Thing> read = Cell.Read();
            Thing thing = read.Value;
            Look(thing);
            _name = thing.Name;
            _sum += thing.Number;
            counts[thing.Name] = thing.Number;
            _own = thing.Duplicate();
            var box = new Box { Content = thing };
            Thing[] all = [thing];
            Look(all.Length);
            Look(box);
            Look(Enumerable.Range(0, 3).Select(_ => thing.Do()).ToList());
            List<int> sums = [.. thing.Bytes.Where(one => one > thing.Number)];
            bool Local() => thing.Do();
            Look(Local());
            return thing.Name;
        }

        Thing Duplicated() { using CellRead<Thing> read = Cell.Read(); return read.Value.Duplicate(); }

        Thing? Lent(ref ReadGuard guard) => guard.Protect(ref Root);

        Thing LentByValue(ReadGuard guard) { Thing thing = guard.Read(Cell); return thing; }

        CellRead<Thing> Fresh() => Cell.Read();

        CellRead<Thing> Moved(out Thing thing) { CellRead<Thing> read = Cell.Read(); thing = read.Value; return read; }

        ref struct Walk(ReadGuard guard) { private ReadGuard _guard = guard; private Thing? _now; public bool Next(SwmrCell<Thing> cell) { _now = _guard.Read(cell); return _now.Do(); } }
        """);

    [Fact]
    public void What_is_never_disposed_may_go_out() => Snippet.Check("""
        string Text(SwmrCell<string> cell) { using CellRead<string> read = cell.Read(); return read.Value; }

        Settings Plain(SwmrCell<Settings> cell) { using CellRead<Settings> read = cell.Read(); return read.Value; }

        IReadOnlyList<int> Interface(SwmrCell<IReadOnlyList<int>> cell) { using CellRead<IReadOnlyList<int>> read = cell.Read(); return read.Value; }

        System.Collections.Frozen.FrozenSet<int> Frozen(SwmrCell<System.Collections.Frozen.FrozenSet<int>> cell) { using var read = cell.Read(); return read.Value; }
        """);

    [Fact]
    public void What_may_be_disposed_may_not() => Snippet.Check("""
        T Generic<T>(SwmrCell<T> cell) where T : class { using CellRead<T> read = cell.Read(); return {|SWMR001:read.Value|}; }

        object Object(SwmrCell<object> cell) { using CellRead<object> read = cell.Read(); return {|SWMR001:read.Value|}; }

        System.IO.Stream Stream(SwmrCell<System.IO.Stream> cell) { using CellRead<System.IO.Stream> read = cell.Read(); return {|SWMR001:read.Value|}; }
        """);

    [Fact]
    public void A_lease_holds_until_it_is_disposed() => Snippet.Check("""
        Lease<Thing>? _lease; Thing? _thing;

        Thing Escapes() { using Lease<Thing> lease = Cell.Lease(); return {|SWMR001:lease.Value|}; }

        async Task<int> AcrossAwait() { using Lease<Thing> lease = Cell.Lease(); await Task.Yield(); return await lease.Value.DoAsync(); }

        void Kept() { Lease<Thing> lease = Cell.Lease(); _lease = lease; _thing = lease.Value; }

        Thing Of(Lease<Thing> lease) => lease.Value;
        """);

    [Fact]
    public void Work_that_goes_on_after_the_section_is_reported_where_it_starts() => Snippet.Check("""
        Task Returned() { using CellRead<Thing> read = Cell.Read(); return {|SWMR003:read.Value.DoAsync()|}; }

        Task Passed() { using CellRead<Thing> read = Cell.Read(); return {|SWMR003:LookAsync(read.Value)|}; }

        void Forgotten() { using CellRead<Thing> read = Cell.Read(); _ = {|SWMR003:read.Value.DoAsync()|}; }

        async Task AwaitedAfterwards() { Task task; using (CellRead<Thing> read = Cell.Read()) { task = {|SWMR003:LookAsync(read.Value)|}; } await task; }

        void Pool() { using CellRead<Thing> read = Cell.Read(); Thing thing = read.Value; ThreadPool.QueueUserWorkItem({|SWMR001:_ => thing.Do()|}); }

        void NewThread() { using CellRead<Thing> read = Cell.Read(); Thing thing = read.Value; var thread = {|SWMR003:new Thread(() => thing.Do())|}; thread.Start(); }
        """);

    [Fact]
    public void Work_that_is_waited_for_inside_is_not_reported() => Snippet.Check("""
        void Waited()
        {
            using CellRead<Thing> read = Cell.Read();
            Thing thing = read.Value;
            Look(thing.DoAsync().Result);
            LookAsync(thing).Wait();
            Task task = Task.Run(() => thing.Do());
            task.GetAwaiter().GetResult();
            var thread = new Thread(() => thing.Do());
            thread.Start();
            thread.Join();
            Task[] all = [LookAsync(thing)];
            Task.WaitAll(all);
            Parallel.For(0, 3, _ => thing.Do());
        }
        """);
}
