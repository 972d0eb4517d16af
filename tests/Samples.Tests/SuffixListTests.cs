using System.Text;
using SuffixLookup;

namespace SwmrKit.Tests;

public sealed class SuffixListTests : IClassFixture<SharedMachine>
{
    [Fact]
    public void A_rule_is_a_line_and_comments_and_blank_lines_are_not() =>
        Expect("// com\n\ncom\n   \n//net\n\tco.uk\n", ("com", RuleKinds.Suffix), ("co.uk", RuleKinds.Suffix));

    [Fact]
    public void A_rule_ends_at_the_first_white_space() =>
        Expect("com // commercial\nnet\tnetworks *.x\norg\u00A0free text\n", ("com", RuleKinds.Suffix), ("net", RuleKinds.Suffix), ("org", RuleKinds.Suffix));

    [Theory]
    [InlineData("com\r\nnet\r\n")]
    [InlineData("com\nnet")]
    [InlineData("\uFEFFcom\nnet\n")]
    [InlineData("\uFEFF// head\r\n\r\ncom\r\nnet")]
    public void Either_kind_of_line_end_a_missing_last_one_and_a_byte_order_mark_are_accepted(string text) =>
        Expect(text, ("com", RuleKinds.Suffix), ("net", RuleKinds.Suffix));

    [Fact]
    public void A_wildcard_is_kept_under_the_name_it_extends() => Expect("*.ck\n", ("ck", RuleKinds.Wildcard));

    [Fact]
    public void An_exception_is_kept_under_the_excepted_name() => Expect("!www.ck\n", ("www.ck", RuleKinds.Exception));

    [Fact]
    public void Rules_about_one_name_add_up_in_any_order_and_number()
    {
        Expect("bd\n*.bd\nbd\n", ("bd", RuleKinds.Suffix | RuleKinds.Wildcard));
        Expect("!a.bd\n*.a.bd\na.bd\n", ("a.bd", RuleKinds.Suffix | RuleKinds.Wildcard | RuleKinds.Exception));
    }

    [Theory]
    [InlineData("公司.cn", "xn--55qx5d.cn", RuleKinds.Suffix)]
    [InlineData("xn--55qx5d.cn", "xn--55qx5d.cn", RuleKinds.Suffix)]
    [InlineData("*.公司", "xn--55qx5d", RuleKinds.Wildcard)]
    [InlineData("!Süd.IT", "xn--sd-xka.it", RuleKinds.Exception)]
    [InlineData("CO.UK", "co.uk", RuleKinds.Suffix)]
    internal void A_rule_is_stored_in_lower_case_and_punycode(string rule, string name, RuleKinds kind) => Expect(rule, (name, kind));

    [Fact]
    public void The_longest_label_and_the_longest_name_are_accepted()
    {
        string label = new('a', 63);
        string name = $"{label}.{label}.{label}.{new string('b', 61)}";
        Assert.Equal(253, name.Length);
        Expect(label + "\n" + name, (label, RuleKinds.Suffix), (name, RuleKinds.Suffix));
    }

    [Fact]
    public void The_shipped_list_has_a_name_for_each_of_its_rules()
    {
        string[] rules = ShippedList.ReadRules();
        Dictionary<string, RuleKinds> read = ShippedList.Read();

        Assert.Equal(9_506, rules.Length);
        Assert.Equal(9_506, read.Count);
        Assert.Equal(rules.Count(static rule => rule[0] == '*'), read.Values.Count(static kinds => kinds == RuleKinds.Wildcard));
        Assert.Equal(8, read.Values.Count(static kinds => kinds == RuleKinds.Exception));
        Assert.All(read.Keys, static name => Assert.True(Ascii.IsValid(name), name));
    }

    [Theory]
    [InlineData("com\n\n// fine\na.*.b\n", 4, "'a.*.b': only the whole leftmost label may be a wildcard")]
    [InlineData("*.*.b", 1, "'*.*.b': only the whole leftmost label may be a wildcard")]
    [InlineData("*a.b", 1, "'*a.b': only the whole leftmost label may be a wildcard")]
    [InlineData("com\n*", 2, "'*': a wildcard needs a name after it")]
    [InlineData("com\n*.", 2, "'*.': there is no name in the rule")]
    [InlineData("com\n!", 2, "'!': there is no name in the rule")]
    [InlineData("com\r\n!ck\r\n", 2, "'!ck': an exception needs at least two labels")]
    [InlineData("!*.ck", 1, "'!*.ck': an exception cannot hold a wildcard")]
    [InlineData("com\nco..uk\n", 2, "'co..uk': not a domain name: ")]
    [InlineData(".uk", 1, "'.uk': not a domain name: ")]
    [InlineData("uk.", 1, "'uk.': not a domain name: ")]
    [InlineData("*..uk", 1, "'*..uk': not a domain name: ")]
    [InlineData("-uk", 1, "'-uk': not a domain name: ")]
    [InlineData("süd-", 1, "'süd-': not a domain name: ")]
    [InlineData("http://uk", 1, "'http://uk': not a domain name: ")]
    [InlineData("xn--99999999", 1, "'xn--99999999': not a domain name: ")]
    public void A_line_that_is_not_a_rule_rejects_the_list_and_is_named(string text, int line, string reason) =>
        Assert.StartsWith($"the-list:{line}: {reason}", Rejection(text), StringComparison.Ordinal);

    [Theory]
    [InlineData(64, 0, 0, 0)]
    [InlineData(63, 63, 63, 62)]
    public void An_overlong_label_or_name_rejects_the_list(params int[] lengths)
    {
        string name = string.Join('.', lengths.Where(static length => length > 0).Select(static length => new string('a', length)));
        Assert.StartsWith($"the-list:2: '{name}': not a domain name: ", Rejection("com\n" + name), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xC3, 0x28 })]
    [InlineData(new byte[] { 0xFF, 0xFE })]
    [InlineData(new byte[] { 0xE5, 0x85 })]
    [InlineData(new byte[] { 0xC0, 0xAE })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public void Invalid_utf8_rejects_the_list_even_in_a_comment(byte[] invalid)
    {
        byte[] bytes = [.. "com\n\n// "u8, .. invalid, .. "\nnet\n"u8];
        var exception = Assert.Throws<SuffixListException>(() => SuffixList.Parse(bytes, "the-list"));
        Assert.Equal("the-list:3: not valid UTF-8", exception.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    [InlineData("\n\r\n  \n")]
    [InlineData("// com\n// net")]
    public void A_list_without_a_rule_is_rejected(string text) => Assert.Equal("the-list: the list holds no rule", Rejection(text));

    [Fact]
    public void A_file_that_cannot_be_read_is_rejected_with_its_path()
    {
        string missing = Path.Combine(AppContext.BaseDirectory, "no-such-list.dat");
        var exception = Assert.Throws<SuffixListException>(() => SuffixList.Read(missing));
        Assert.StartsWith(missing + ": ", exception.Message, StringComparison.Ordinal);
        Assert.Throws<SuffixListException>(() => SuffixList.Read(AppContext.BaseDirectory));
        Assert.Throws<SuffixListException>(() => SuffixList.Read(""));
    }

    private static void Expect(string text, params (string Name, RuleKinds Kinds)[] rules) => Assert.Equal(
        rules.OrderBy(static rule => rule.Name, StringComparer.Ordinal),
        SuffixList.Parse(Encoding.UTF8.GetBytes(text), "the-list").Select(static rule => (rule.Key, rule.Value)).OrderBy(static rule => rule.Key, StringComparer.Ordinal));

    private static string Rejection(string text) =>
        Assert.Throws<SuffixListException>(() => SuffixList.Parse(Encoding.UTF8.GetBytes(text), "the-list")).Message;
}
