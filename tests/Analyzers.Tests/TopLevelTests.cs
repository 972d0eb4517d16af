namespace SwmrKit.Tests;

/// <summary>Programs of top-level statements: their statements, local functions and lambdas are looked through as a method's are.</summary>
public sealed class TopLevelTests : IClassFixture<SharedMachine>
{
    private const string Given = """
        var domain = new RetirementDomain();
        var cell = new SwmrCell<Thing>(new Thing(), domain: domain);
        var other = new SwmrCell<Thing>(new Thing());

        """;

    private const string Declared = """

        static void Look(object? value) { }
        static bool Maybe() => true;
        static Task LookAsync(object? value) => Task.CompletedTask;
        """;

    [Fact]
    public void Misuse_in_the_statements_is_reported() => Check("""
        var list = new List<Thing>();
        Thing last;
        ReaderHandle handle = domain.Register();
        using (ReadGuard guard = domain.Enter())
        {
            Kept.Thing = {|SWMR001:guard.Read(cell)|};
            last = guard.Read(cell);
            ReadGuard copy = {|SWMR005:guard|};
            copy.Dispose();
            {|SWMR007:domain.Synchronize(TimeSpan.Zero)|};
            {|SWMR008:last|}.Dispose();
            _ = {|SWMR003:LookAsync(last)|};
        }

        {|SWMR002:last|}.Do();
        {|SWMR004:domain.Enter()|};
        CellRead<Thing> open = {|SWMR004:cell.Read()|};
        Lease<Thing> lease = {|SWMR004:cell.Lease()|};
        lease.Value.Do();
        {|SWMR008:cell.Exchange(new Thing())!.Value|}.Dispose();
        Task work = Task.Run(() => {|SWMR006:handle|}.Enter().Dispose());
        await work;
        {|SWMR006:handle|}.Dispose();
        """);

    [Fact]
    public void An_exit_code_and_a_way_out_in_between_end_the_program() => Check("""
        CellRead<Thing> read = {|SWMR004:cell.Read()|};
        if (args.Length > 0)
        {
            return 1;
        }

        read.Dispose();
        return read.Value.Number;
        """);

    [Fact]
    public void Misuse_in_a_static_local_function_is_reported() => Check("""
        Look(Returned(cell));
        Look(Used(cell));
        Work(cell);
        await Handles(domain);

        static Thing Returned(SwmrCell<Thing> cell) { using CellRead<Thing> read = cell.Read(); return {|SWMR001:read.Value|}; }

        static bool Used(SwmrCell<Thing> cell) { Thing thing; using (CellRead<Thing> read = cell.Read()) { thing = read.Value; } return {|SWMR002:thing|}.Do(); }

        static Task Work(SwmrCell<Thing> cell) { using CellRead<Thing> read = cell.Read(); return {|SWMR003:read.Value.DoAsync()|}; }

        static void Guards(RetirementDomain domain, SwmrCell<Thing> cell)
        {
            ReadGuard guard = {|SWMR004:domain.Enter()|};
            ReadGuard copy = {|SWMR005:guard|};
            copy.Dispose();
            {|SWMR007:domain.Synchronize(TimeSpan.Zero)|};
            {|SWMR008:guard.Read(cell)|}.Dispose();
        }

        static async Task Handles(RetirementDomain domain) { ReaderHandle handle = domain.Register(); await Task.Yield(); {|SWMR006:handle|}.Dispose(); }
        """);

    [Fact]
    public void Misuse_in_a_local_function_that_captures_is_reported() => Check("""
        Thing? field = null;
        ReaderHandle handle = domain.Register();
        Look(Returned());
        await Handles();

        Thing Returned() { using CellRead<Thing> read = cell.Read(); return {|SWMR001:read.Value|}; }

        bool Used() { Thing thing; using (CellRead<Thing> read = cell.Read()) { thing = read.Value; } return {|SWMR002:thing|}.Do(); }

        Task Work() { using CellRead<Thing> read = cell.Read(); return {|SWMR003:read.Value.DoAsync()|}; }

        void Guards()
        {
            ReadGuard guard = {|SWMR004:domain.Enter()|};
            ReadGuard copy = {|SWMR005:guard|};
            copy.Dispose();
            {|SWMR007:domain.Synchronize(TimeSpan.Zero)|};
            {|SWMR008:guard.Read(cell)|}.Dispose();
        }

        async Task Handles() { handle.Enter().Dispose(); await Task.Yield(); {|SWMR006:handle|}.Enter().Dispose(); }
        """);

    [Fact]
    public void Misuse_in_a_lambda_is_reported() => Check("""
        Func<Thing> returned = () => { using CellRead<Thing> read = cell.Read(); return {|SWMR001:read.Value|}; };

        Func<bool> used = () => { Thing thing; using (CellRead<Thing> read = cell.Read()) { thing = read.Value; } return {|SWMR002:thing|}.Do(); };

        Func<Task> work = () => { using CellRead<Thing> read = cell.Read(); return {|SWMR003:read.Value.DoAsync()|}; };

        Func<SwmrCell<Thing>, bool> open = static cell => {|SWMR004:cell.Read()|}.Value.Do();

        Action guards = () =>
        {
            using ReadGuard guard = domain.Enter();
            ReadGuard copy = {|SWMR005:guard|};
            copy.Dispose();
            {|SWMR007:domain.Synchronize(TimeSpan.Zero)|};
            {|SWMR008:guard.Read(cell)|}.Dispose();
        };

        Func<Task> handles = async () => { ReaderHandle handle = domain.Register(); await Task.Yield(); {|SWMR006:handle|}.Dispose(); };
        """);

    [Fact]
    public void What_a_primary_constructor_passes_to_its_base_is_looked_at_too() => Snippet.Check("""
        class Base(bool done) { public bool Done => done; }

        class Reads(SwmrCell<Thing> cell) : Base({|SWMR004:cell.Read()|}.Value.Do()) { }

        class Older : Base { public Older(SwmrCell<Thing> cell) : base({|SWMR004:cell.Read()|}.Value.Do()) { } }

        class Fine(Thing thing) : Base(thing.Do()) { }
        """);

    [Fact]
    public void What_is_right_in_a_method_is_right_here() => Check("""
        var counts = new List<int>();
        using ReaderHandle handle = domain.Register();
        using (ReadGuard guard = handle.Enter())
        {
            Thing thing = guard.Read(cell);
            Look(thing);
            counts.Add(thing.Number);
            LookAsync(thing).Wait();
        }

        CellRead<Thing> read = cell.Read();
        try
        {
            Look(read.Value.Name);
        }
        finally
        {
            read.Dispose();
        }

        Look(Duplicate(cell));
        Look(Counted());
        Func<int> number = () => { using CellRead<Thing> read = cell.Read(); return read.Value.Number; };
        Func<SwmrCell<Thing>, Thing> of = static cell => { using CellRead<Thing> read = cell.Read(); return read.Value.Duplicate(); };
        new Thread(() => { using ReaderHandle own = domain.Register(); own.Enter().Dispose(); }).Start();
        domain.Synchronize(TimeSpan.Zero);
        Kept.Lease = cell.Lease();
        return number();

        static Thing Duplicate(SwmrCell<Thing> cell) { using CellRead<Thing> read = cell.Read(); return read.Value.Duplicate(); }

        static async Task<int> Leased(SwmrCell<Thing> cell) { using Lease<Thing> lease = cell.Lease(); await Task.Yield(); return await lease.Value.DoAsync(); }

        int Counted() { using CellRead<Thing> read = other.Read(); counts.Add(read.Value.Number); return counts.Count; }

        CellRead<Thing> Fresh() => cell.Read();

        static Thing Lent(ref ReadGuard guard, SwmrCell<Thing> cell) => guard.Read(cell);
        """);

    [Fact]
    public void A_program_with_usings_and_types_of_its_own_is_looked_at() => Snippet.CheckProgram("""
        using SwmrKit;

        Console.WriteLine(1);
        static D L2(SwmrCell<D> cell) { using var r = cell.Read(); return {|SWMR001:r.Value|}; }
        Console.WriteLine(L2(new SwmrCell<D>(new D())));

        class D : IDisposable { public void Dispose() { } }
        """);

    [Fact]
    public void A_program_without_anything_to_look_at_is_left_alone() => Snippet.CheckProgram("""
        Console.WriteLine(args.Length);
        """);

    private static void Check(string program) =>
        Snippet.CheckProgram(Given + program + Declared + "\nstatic class Kept { public static Thing? Thing; public static Lease<Thing>? Lease; }\n");
}
