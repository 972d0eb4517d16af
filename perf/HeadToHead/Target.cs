using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace HeadToHead;

/// <summary>What a row must reach: data, in targets.json.</summary>
/// <param name="Row">The row's identifier.</param>
/// <param name="Kind">What is limited.</param>
/// <param name="Most">The most that passes.</param>
/// <param name="Peer">The name of the peer compared with; none where our own figure is limited.</param>
internal sealed record Target(string Row, TargetKind Kind, double Most, string? Peer = null)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new JsonStringEnumConverter<TargetKind>(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        TypeInfoResolver = TargetJson.Default,
    };

    /// <summary>Whether it limits our own figure, not a comparison.</summary>
    [JsonIgnore]
    public bool IsOfFigure => Kind is TargetKind.Nanoseconds or TargetKind.Bytes;

    /// <exception cref="JsonException">A property is unknown, missing or malformed, or there is a peer where none belongs.</exception>
    public static Target[] Load(string path)
    {
        Target[] targets = JsonSerializer.Deserialize(File.ReadAllText(path), (JsonTypeInfo<Target[]>)s_json.GetTypeInfo(typeof(Target[]))) ?? [];
        return Array.Find(targets, static target => target.IsOfFigure != target.Peer is null) is { } wrong
            ? throw new JsonException($"{wrong}: ratios and extra nanoseconds need a \"peer\", nanoseconds and bytes have none.")
            : targets;
    }
}

/// <summary>How targets are read without reflection, so that the program also runs natively compiled.</summary>
[JsonSerializable(typeof(Target[]))]
internal sealed partial class TargetJson : JsonSerializerContext;

/// <summary>What a target limits.</summary>
internal enum TargetKind
{
    /// <summary>Our time divided by the peer's.</summary>
    Ratio,

    /// <summary>Our time less the peer's, in nanoseconds: "the unprotected read plus so much".</summary>
    ExtraNanoseconds,

    /// <summary>Our time in nanoseconds.</summary>
    Nanoseconds,

    /// <summary>What our operation allocates on its thread, in bytes.</summary>
    Bytes,

    /// <summary>What our operation allocates on its thread divided by what the peer's does.</summary>
    BytesRatio,
}
