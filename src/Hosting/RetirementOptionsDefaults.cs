using Microsoft.Extensions.Options;

namespace SwmrKit;

/// <summary>What the container knows and the options do not say: the time, and the name. It comes last, so that whatever was configured, and in whatever order, stands.</summary>
internal sealed class RetirementOptionsDefaults(TimeProvider? time = null) : IPostConfigureOptions<RetirementOptions>
{
    public void PostConfigure(string? name, RetirementOptions options)
    {
        options.Name ??= string.IsNullOrEmpty(name) ? null : name;
        if (time is not null && ReferenceEquals(options.TimeProvider, TimeProvider.System))
        {
            options.TimeProvider = time;
        }
    }
}
