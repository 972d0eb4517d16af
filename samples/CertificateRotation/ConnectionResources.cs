using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CertificateRotation;

/// <summary>What a connection owns: disposed when everything that handled the connection is done with it.</summary>
internal static class ConnectionResources
{
    private static readonly object s_key = new();

    /// <summary>Call it before UseHttps: what comes later runs inside.</summary>
    public static void UseConnectionResources(this ListenOptions listen) => listen.Use(static next => async connection =>
    {
        try
        {
            await next(connection);
        }
        finally
        {
            if (connection.Items.TryGetValue(s_key, out object? owned))
            {
                ((IDisposable)owned!).Dispose();
            }
        }
    });

    /// <summary>Gives a resource to a connection, which can own one.</summary>
    public static T Own<T>(this ConnectionContext connection, T resource)
        where T : IDisposable
    {
        connection.Items.Add(s_key, resource);
        return resource;
    }
}
