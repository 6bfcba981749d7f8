using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using DyT.Coordinator.Core;
using DyT.Coordinator.Hosting;
using DyT.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DyT.Coordinator.Api;

/// <summary>
/// Answers people and their tools over HTTP while this coordinator decides: status, drain, stop. Everything but the health probe wants the run's token.
/// </summary>
public sealed class ApiServer : IDisposable
{
    private const long LargestRequest = 16 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly WebApplication _app;
    private readonly string _file;

    private ApiServer(WebApplication app, string file)
    {
        _app = app;
        _file = file;
    }

    /// <summary>Listens, and writes where into the run's folder. Null, with a line in the log, when the address is not to be had: training goes on without.</summary>
    public static ApiServer? Start(CoordinatorJob job, IActorRef coordinator)
    {
        // Derived, so that whoever reads the token has not read the secret.
        var token = Convert.ToHexStringLower(HMACSHA256.HashData(job.Secret, "http api"u8));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = LargestRequest;
            options.Listen(IPAddress.TryParse(job.Config.Cluster.ApiHost, out var address) ? address : IPAddress.Any, job.Config.Cluster.ApiPort);
        });
        builder.Services.Configure<JsonOptions>(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = RunJson.Options.PropertyNamingPolicy;
            options.SerializerOptions.NumberHandling = RunJson.Options.NumberHandling;
        });
        var app = builder.Build();
        app.Use((context, next) => IsAllowed(context, token) ? next(context) : Refuse(context));
        app.MapGet("/healthz", () => Results.Text("ok\n"));
        app.MapGet("/v1/status", async () => Results.Json(await coordinator.Ask<RunStatus>(new GetStatus(), Patience)));
        app.MapPost("/v1/workers/{name}/drain", async (string name) =>
        {
            var answer = await coordinator.Ask<DrainAnswer>(new DrainWorker(name), Patience);
            return Results.Text(answer.Sentence + "\n", statusCode: answer.IsKnown ? StatusCodes.Status200OK : StatusCodes.Status404NotFound);
        });
        app.MapPost("/v1/stop", () =>
        {
            coordinator.Tell(new GracefulStop());
            return Results.Text("the run stops after the step\n");
        });
        try
        {
            app.StartAsync().GetAwaiter().GetResult();
            var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            File.Delete(job.Folder.ApiFile); // of the coordinator before
            using (var file = OwnerFile.Create(job.Folder.ApiFile))
                JsonSerializer.Serialize(file, new ApiAddress(url, token), RunJson.Options);
            return new ApiServer(app, job.Folder.ApiFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            Console.Error.WriteLine($"status and drain are not to be had: {e.Message}");
            app.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return null;
        }
    }

    public void Dispose()
    {
        _app.DisposeAsync().AsTask().GetAwaiter().GetResult();
        File.Delete(_file);
    }

    private static bool IsAllowed(HttpContext context, string token)
    {
        if (context.Request.Path == "/healthz")
            return true;
        var given = context.Request.Headers.Authorization.ToString();
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes($"Bearer {token}"));
    }

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return context.Response.WriteAsync("the run's token is wanted, as 'Authorization: Bearer TOKEN'\n");
    }
}
