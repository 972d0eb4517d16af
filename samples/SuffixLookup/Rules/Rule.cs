namespace SuffixLookup;

/// <summary>The rules of one name, as one change put them in force.</summary>
/// <param name="Kinds">What the name is.</param>
/// <param name="Edition">The number of the change: a single edit, a batch or a reload. Rules of one number came into force together.</param>
internal sealed record Rule(RuleKinds Kinds, long Edition);
