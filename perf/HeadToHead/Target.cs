using System.Text.Json;
using System.Text.Json.Serialization;

namespace HeadToHead;

/// <summary>What a comparison must reach: data, in targets.json.</summary>
/// <param name="Row">The row's identifier.</param>
/// <param name="Peer">The peer's name.</param>
/// <param name="Kind">Whether the ratio or the difference in nanoseconds is limited.</param>
/// <param name="Most">The most that passes.</param>
internal sealed record Target(string Row, string Peer, TargetKind Kind, double Most)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    /// <exception cref="JsonException">A property is unknown, missing or malformed.</exception>
    public static Target[] Load(string path) => JsonSerializer.Deserialize<Target[]>(File.ReadAllText(path), s_json) ?? [];
}

/// <summary>What a target limits.</summary>
internal enum TargetKind
{
    /// <summary>Our time divided by the peer's.</summary>
    Ratio,

    /// <summary>Our time less the peer's, in nanoseconds: "the unprotected read plus so much".</summary>
    ExtraNanoseconds,
}
