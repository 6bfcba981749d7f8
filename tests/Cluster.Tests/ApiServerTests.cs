using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Akka.Actor;
using DyT.Cluster.Startup;
using DyT.Config;
using DyT.Coordinator.Api;
using DyT.Coordinator.Core;
using DyT.Coordinator.Hosting;
using DyT.Runs;

namespace DyT.Cluster.Tests;

/// <summary>What the coordinator answers over HTTP, with an actor that knows the worker w1 alone.</summary>
public sealed class ApiServerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("api");
    private readonly RunFolder _folder = new(Path.Combine(Path.GetTempPath(), $"dyt-api-{Guid.NewGuid():N}"));
    private readonly HttpClient _http = new();
    private readonly ApiServer _server;

    public ApiServerTests()
    {
        Directory.CreateDirectory(_folder.Path);
        var job = new CoordinatorJob(_folder, new RunConfig(), "", new byte[32], new Timings(TimeSpan.FromSeconds(5)), new TaskCompletionSource<int>());
        _server = ApiServer.Start(job, _system.ActorOf(Props.Create(() => new Knowing())))!;
        var address = JsonSerializer.Deserialize<ApiAddress>(File.ReadAllBytes(_folder.ApiFile), RunJson.Options)!;
        _http.BaseAddress = new Uri(address.Url);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", address.Token);
    }

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
        _system.Dispose();
        Directory.Delete(_folder.Path, recursive: true);
    }

    private async Task<(HttpStatusCode Status, string Text)> Drain(string worker)
    {
        using var response = await _http.PostAsync(new Uri($"/v1/workers/{worker}/drain", UriKind.Relative), null);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_drain_of_a_worker_that_is_not_there_is_not_found()
    {
        Assert.Equal((HttpStatusCode.OK, "w1 leaves\n"), await Drain("w1"));
        Assert.Equal((HttpStatusCode.NotFound, "there is no w9\n"), await Drain("w9"));
    }

    [Fact]
    public async Task Without_the_token_nothing_is_answered_but_the_health_probe()
    {
        _http.DefaultRequestHeaders.Authorization = null;
        Assert.Equal(HttpStatusCode.Unauthorized, (await Drain("w1")).Status);
        Assert.Equal("ok\n", await _http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
    }

    [Fact]
    public void The_file_with_the_token_is_its_owners_alone()
    {
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.ApiFile));
    }

    private sealed class Knowing : ReceiveActor
    {
        public Knowing() => Receive<DrainWorker>(m => Sender.Tell(m.Name == "w1" ? new DrainAnswer(IsKnown: true, "w1 leaves") : new DrainAnswer(IsKnown: false, $"there is no {m.Name}")));
    }
}
