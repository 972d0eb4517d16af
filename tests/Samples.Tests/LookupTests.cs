using SuffixLookup;

namespace SwmrKit.Tests;

/// <summary>Look-ups in the shipped list, chosen one by one; null where there is no registrable domain.</summary>
public sealed class LookupTests(LookupTests.Shipped shipped) : IClassFixture<SharedMachine>, IClassFixture<LookupTests.Shipped>
{
    [Theory]
    [InlineData("microsoft.com", "microsoft.com")]
    [InlineData("learn.microsoft.com", "microsoft.com")]
    [InlineData("one.two.three.microsoft.com", "microsoft.com")]
    [InlineData("gov.bbc.co.uk", "bbc.co.uk")]
    [InlineData("team.github.io", "team.github.io")]
    [InlineData("docs.team.github.io", "team.github.io")]
    [InlineData("_dmarc.kernel.org", "kernel.org")]
    [InlineData("a_b.kernel.org", "kernel.org")]
    [InlineData("4.3.2.1.example.net", "example.net")]
    public void The_longest_rule_and_one_label_more_make_the_registrable_domain(string host, string registrable) => Expect(host, registrable);

    [Theory]
    [InlineData("com")]
    [InlineData("co.uk")]
    [InlineData("github.io")]
    [InlineData("公司.cn")]
    [InlineData("xn--55qx5d.cn")]
    public void A_bare_suffix_has_none(string host) => Expect(host, null);

    [Theory]
    [InlineData("localhost", null)]
    [InlineData("printer.lan-of-mine", "printer.lan-of-mine")]
    [InlineData("hall.printer.lan-of-mine", "printer.lan-of-mine")]
    [InlineData("printer.スワム", "printer.スワム")]
    public void A_name_under_no_rule_follows_the_default_rule(string host, string? registrable) => Expect(host, registrable);

    [Theory]
    [InlineData("ck", null)]
    [InlineData("gov.ck", null)]
    [InlineData("tourism.gov.ck", "tourism.gov.ck")]
    [InlineData("beach.tourism.gov.ck", "tourism.gov.ck")]
    [InlineData("ward.kawasaki.jp", null)]
    [InlineData("school.ward.kawasaki.jp", "school.ward.kawasaki.jp")]
    [InlineData("www.school.ward.kawasaki.jp", "school.ward.kawasaki.jp")]
    public void A_wildcard_stands_for_one_label(string host, string? registrable) => Expect(host, registrable);

    [Fact]
    public void A_wildcard_says_nothing_of_its_parent() => Expect("kawasaki.jp", "kawasaki.jp"); // Only the rule "jp" matches.

    [Theory]
    [InlineData("www.ck", "www.ck")]
    [InlineData("cdn.www.ck", "www.ck")]
    [InlineData("www.www.ck", "www.ck")]
    [InlineData("city.kawasaki.jp", "city.kawasaki.jp")]
    [InlineData("tax.city.kawasaki.jp", "city.kawasaki.jp")]
    public void An_exception_prevails_over_its_wildcard(string host, string registrable) => Expect(host, registrable);

    [Theory]
    [InlineData("例子.公司.cn", "例子.公司.cn")]
    [InlineData("www.例子.公司.cn", "例子.公司.cn")]
    [InlineData("xn--fsqu00a.xn--55qx5d.cn", "xn--fsqu00a.xn--55qx5d.cn")]
    [InlineData("www.xn--fsqu00a.xn--55qx5d.cn", "xn--fsqu00a.xn--55qx5d.cn")]
    [InlineData("例子.xn--55qx5d.cn", "例子.xn--55qx5d.cn")]
    [InlineData("xn--fsqu00a.公司.cn", "xn--fsqu00a.公司.cn")]
    [InlineData("shop.bücher.de", "bücher.de")]
    [InlineData("bücher.example.com", "example.com")]
    [InlineData("alpen.südtirol.it", "alpen.südtirol.it")]
    public void The_answer_is_in_the_form_the_host_came_in(string host, string registrable) => Expect(host, registrable);

    [Theory]
    [InlineData("WWW.Microsoft.COM", "microsoft.com")]
    [InlineData("Shop.BÜCHER.de", "bücher.de")]
    [InlineData("CITY.KAWASAKI.JP", "city.kawasaki.jp")]
    [InlineData("www.XN--FSQU00A.xn--55QX5D.cn", "xn--fsqu00a.xn--55qx5d.cn")]
    public void Case_does_not_matter_and_the_answer_is_in_lower_case(string host, string registrable) => Expect(host, registrable);

    [Theory]
    [InlineData("www\u3002microsoft\uFF0Ecom", "microsoft.com")]
    [InlineData("www\uFF61例子\u3002公司\u3002cn", "例子.公司.cn")]
    public void Ideographic_full_stops_separate_labels(string host, string registrable) => Expect(host, registrable);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".com")]
    [InlineData(".microsoft.com")]
    [InlineData("microsoft.com.")]
    [InlineData("www..microsoft.com")]
    [InlineData("www.\u3002microsoft.com")]
    public void An_empty_label_makes_a_host_malformed(string host) => Expect(host, null);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("2130706433")]
    [InlineData("example.1")]
    [InlineData("[::1]")]
    [InlineData("fe80::1")]
    public void An_address_has_none(string host) => Expect(host, null);

    [Theory]
    [InlineData("-www.microsoft.com")]
    [InlineData("www-.microsoft.com")]
    [InlineData("www.microsoft.-com")]
    [InlineData("-bücher.de")]
    [InlineData("bücher-.de")]
    [InlineData("xn---bcher-4ya.de")] // -bücher
    [InlineData("xn--bcher--3ya.de")] // bücher-
    public void A_hyphen_at_the_end_of_a_label_makes_a_host_malformed(string host) => Expect(host, null);

    [Theory]
    [InlineData(" microsoft.com")]
    [InlineData("microsoft.com ")]
    [InlineData("micro soft.com")]
    [InlineData("www.microsoft.com\n")]
    [InlineData("b\u00A0ücher.de")]
    [InlineData("bücher\t.de")]
    [InlineData("microsoft.com/index")]
    [InlineData("microsoft.com:80")]
    [InlineData("me@microsoft.com")]
    [InlineData("*.microsoft.com")]
    [InlineData("mi\0crosoft.com")]
    [InlineData("b\u0085\u00FCcher.de")]
    public void Any_other_character_makes_a_host_malformed(string host) => Expect(host, null);

    [Theory]
    [InlineData("xn--.com")]
    [InlineData("xn--99999999.com")]
    [InlineData("xn--abc-.com")] // Decodes to plain ASCII, which has no punycode form.
    [InlineData("xn--a.com")] // Decodes to a control character.
    [InlineData("xn--é.com")]
    [InlineData("www.microsoft.xn--zz")]
    public void Invalid_punycode_makes_a_host_malformed(string host) => Expect(host, null);

    [Fact]
    public void A_lone_surrogate_makes_a_host_malformed() => Expect("b\uD800cher.de", null);

    [Fact]
    public void The_longest_label_is_accepted_and_one_more_character_is_not()
    {
        Expect(new string('a', 63) + ".com", new string('a', 63) + ".com");
        Expect(new string('a', 64) + ".com", null);
    }

    [Fact]
    public void A_labels_length_counts_in_punycode()
    {
        string longest = new string('a', 55) + 'ü'; // "xn--", the letters, "-" and three characters for the place and value of the last.
        Assert.True(HostName.TryParse(longest + ".com", out HostName host));
        Assert.Equal(63, host.Canonical.IndexOf('.', StringComparison.Ordinal));
        Expect(longest + ".com", longest + ".com");
        Expect("a" + longest + ".com", null);
    }

    [Fact]
    public void The_longest_name_is_accepted_and_one_more_character_is_not()
    {
        string label = new('a', 61);
        string longest = $"{label}.{label}.{label}.{label}.c.com";
        Assert.Equal(253, longest.Length);
        Expect(longest, "c.com");
        Expect("a" + longest, null);
    }

    [Theory]
    [InlineData("ｅｘａｍｐｌｅ.com")]
    [InlineData("www.example.co.ｕｋ")]
    [InlineData("www.ex\u00ADample.co.uk")]
    [InlineData("www.e\u200Bxample.com")]
    [InlineData("İ.com")]
    public void A_name_with_characters_that_would_first_have_to_be_mapped_is_refused_not_misjudged(string host) => Expect(host, null);

    [Fact]
    public void Any_text_at_all_is_answered_with_a_tail_of_it_or_with_none()
    {
        string[] pieces = ["a", "-", ".", "..", "xn--", "XN--P1AI", "com", "co.uk", "ck", "*", "!", "_", "0", "ü", "ß", "İ", "\u3002", "\uD83D", "\uDE00", " ", "\0", "公司", "\u200D", "b", "example", "1x", "é"];
        var random = new Random(20_261);
        int answered = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (shipped.Snapshot.FindRegistrable(text) is { } registrable)
            {
                answered++;
                Assert.EndsWith("." + registrable, "." + text.ToLowerInvariant().Replace('\u3002', '.'), StringComparison.Ordinal);
                Assert.Equal(registrable, shipped.Snapshot.FindRegistrable(registrable));
                Assert.Equal(registrable, shipped.Snapshot.FindRegistrable("x." + registrable));
            }
        }

        Assert.InRange(answered, 500, 15_000);
    }

    private void Expect(string host, string? registrable) => Assert.Equal(registrable, shipped.Snapshot.FindRegistrable(host));

    /// <summary>The shipped list, read once for the class.</summary>
    public sealed class Shipped : IDisposable
    {
        internal SuffixSnapshot Snapshot { get; } = SuffixSnapshot.From(ShippedList.Read());

        public void Dispose() => Snapshot.Dispose();
    }
}
