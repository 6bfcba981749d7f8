using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Actions;

/// <summary>Speaks to the coordinator of a run that is going on.</summary>
internal sealed class RunApi : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _run;

    private RunApi(HttpClient http, string run)
    {
        _http = http;
        _run = run;
    }

    /// <exception cref="UserErrorException">The run is not going on, or not on this machine's disk.</exception>
    public static RunApi Open(RunFolder run)
    {
        ApiAddress? address;
        try
        {
            address = JsonSerializer.Deserialize<ApiAddress>(File.ReadAllBytes(run.ApiFile), RunJson.Options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UserErrorException($"{run.Path}: no coordinator of this run is at work ({Path.GetFileName(run.ApiFile)} is missing or unreadable).", inner: e);
        }

        var http = new HttpClient { BaseAddress = new Uri(address!.Url), Timeout = TimeSpan.FromSeconds(5) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", address.Token);
        return new RunApi(http, run.Path);
    }

    public RunStatus Status() => Do(async () => (await _http.GetFromJsonAsync<RunStatus>("/v1/status", RunJson.Options))!);

    /// <summary>The coordinator's sentence.</summary>
    /// <exception cref="UserErrorException">There is no such worker.</exception>
    public string Drain(string worker) => Do(async () =>
    {
        using var response = await _http.PostAsync(new Uri($"/v1/workers/{Uri.EscapeDataString(worker)}/drain", UriKind.Relative), null);
        var sentence = (await response.Content.ReadAsStringAsync()).Trim();
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new UserErrorException($"{_run}: {(sentence.Length > 0 ? sentence : $"there can be no worker '{worker}'")}.");
        response.EnsureSuccessStatusCode();
        return sentence;
    });

    public void Dispose() => _http.Dispose();

    private T Do<T>(Func<Task<T>> ask)
    {
        try
        {
            return ask().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
        {
            throw new UserErrorException($"{_run}: the coordinator does not answer at {_http.BaseAddress} ({e.Message.TrimEnd('.')}); a new one may be taking over.", inner: e);
        }
    }
}
