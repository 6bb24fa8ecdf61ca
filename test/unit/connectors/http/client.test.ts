import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type HttpClient, httpClient } from "../../../../connectors/http/client.ts";
import { httpOptions } from "../../../../connectors/http/options.ts";
import { certificates } from "../../../support/certificates.ts";
import { type LocalServer, localServer, sendJson } from "../../../support/http-server.ts";
import { stateFolder } from "../../../support/state-folder.ts";

const Options = z.strictObject(httpOptions);
const live = () => new AbortController().signal;
const secrets: Readonly<Record<string, string>> = { TOKEN: "geheim", PASSWORD: "päss", BAD: "two\nlines" };
const readSecret = ({ env }: { env?: string | undefined }) => secrets[env ?? ""] ?? "";

function open(url: string, options: object = {}): HttpClient & AsyncDisposable {
  const client = httpClient("metrics", Options.parse({ url, ...options }), readSecret);
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}

/** The error of a request, which must fail. */
async function failureOf(client: HttpClient, path = "/x", signal = live()) {
  const answer = await client.fetch({ path }, signal).catch((error: unknown) => error);
  expect(answer).toBeInstanceOf(Error);
  return answer as Error & { code: string };
}

describe("what is sent", () => {
  const ok = () => localServer((_request, response) => sendJson(response, {}));

  it("joins base path, path and query, and encodes what comes from outside", async () => {
    await using server = await ok();
    await using client = open(`${server.url}/api/datasources/proxy/uid/a/`);

    await client.fetch(
      { path: "/api/v1/query", query: { query: 'up{a="&b#"}', "match[]": ["x", "y"] } },
      live(),
    );

    expect(server.seen[0]?.url).toBe(
      "/api/datasources/proxy/uid/a/api/v1/query?query=up%7Ba%3D%22%26b%23%22%7D&match%5B%5D=x&match%5B%5D=y",
    );
  });

  it("wants nothing compressed by a backend on this machine, unless it is told to", async () => {
    await using server = await ok();
    await using client = open(server.url);
    await using told = open(server.url, { headers: { "Accept-Encoding": "gzip" } });

    await client.fetch({ path: "/" }, live());
    await told.fetch({ path: "/" }, live());

    expect(server.seen.map(({ headers }) => headers["accept-encoding"])).toEqual(["identity", "gzip"]);
  });

  it("sends forms and JSON with POST", async () => {
    await using server = await ok();
    await using client = open(server.url);

    await client.fetch({ path: "/f", form: { query: "a b", step: 15 } }, live());
    await client.fetch({ path: "/j", json: { size: 1 } }, live());

    expect(server.seen).toMatchObject([
      {
        method: "POST",
        body: "query=a+b&step=15",
        headers: { "content-type": "application/x-www-form-urlencoded" },
      },
      { method: "POST", body: '{"size":1}', headers: { "content-type": "application/json" } },
    ]);
  });

  it.each([
    [{ auth: { bearer: { env: "TOKEN" } } }, { authorization: "Bearer geheim" }],
    [{ auth: { apiKey: { env: "TOKEN" } } }, { authorization: "ApiKey geheim" }],
    [
      { auth: { basic: { username: "me", password: { env: "PASSWORD" } } } },
      { authorization: `Basic ${Buffer.from("me:päss").toString("base64")}` },
    ],
    [
      { tenant: "team-a", headers: { "X-Key": { env: "TOKEN" }, "X-Plain": "p" } },
      { "x-scope-orgid": "team-a", "x-key": "geheim", "x-plain": "p" },
    ],
  ])("authenticates with %j", async (options, headers) => {
    await using server = await ok();
    await using client = open(server.url, options);

    await client.fetch({ path: "/" }, live());

    expect(server.seen[0]?.headers).toMatchObject(headers);
  });

  it("shows no secret in an error, not even one that no header can hold", async () => {
    await using server = await localServer((_request, response) => response.writeHead(401).end("geheim"));
    await using client = open(server.url, { auth: { bearer: { env: "TOKEN" } } });

    const refused = await failureOf(client);

    expect(refused).toMatchObject({ code: "source-invalid", message: expect.stringContaining("Check auth") });
    expect(inspect(refused, { depth: 9 })).not.toContain("geheim");
    expect(() => open(server.url, { auth: { bearer: { env: "BAD" } } })).toThrow(/holds characters/);
  });
});

describe("what is answered", () => {
  const Shape = z.object({ data: z.number() });
  const answering = (text: string, status = 200) =>
    localServer((_request, response) => response.writeHead(status).end(text));

  it("reads JSON of the shape that is expected", async () => {
    await using server = await answering('{"data": 7, "more": 1}');
    await using client = open(server.url);

    expect(await client.fetchJson({ path: "/" }, Shape, live())).toEqual({ data: 7 });
  });

  it.each([
    ["a web page", "<!doctype html><title>Sign in</title>", /a web page, not JSON/],
    ["half of it", '{"data": ', /no JSON/],
    ["nothing", "", /no JSON/],
    ["another shape", '{"data": "seven"}', /another shape \(at data\)/],
  ])("says so when it is %s", async (_what, text, message) => {
    await using server = await answering(text);
    await using client = open(server.url);

    const reading = client.fetchJson({ path: "/" }, Shape, live());

    await expect(reading).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [302, "source-invalid", /perhaps to a login page/],
    [403, "source-invalid", /forbids reading/],
    [404, "source-invalid", /knows no such path/],
    [422, "source-invalid", /refused the request \(422\)/],
    [500, "source-unavailable", /failed \(500\)/],
  ])("does not try again after %i", async (status, code, message) => {
    await using server = await answering("", status);
    await using client = open(server.url);

    expect(await failureOf(client)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(server.seen).toHaveLength(1);
  });

  it("gives a status that the caller expects to him", async () => {
    await using server = await answering("too many", 400);
    await using client = open(server.url);

    expect(await client.fetch({ path: "/", expect: [400] }, live())).toEqual({
      status: 400,
      text: "too many",
    });
  });

  it("does not read an answer without end", async () => {
    await using server = await localServer((_request, response) => {
      const chunk = Buffer.alloc(65_536, "x");
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    });
    await using client = open(server.url, { maxAnswerMegabytes: 1 });

    expect(await failureOf(client)).toMatchObject({
      code: "source-unavailable",
      message: expect.stringMatching(/more than 1 MB/),
    });
  });
});

describe("a backend in trouble", () => {
  /** Fails the first `times` requests with `fail`. */
  const failing = (times: number, fail: Parameters<typeof localServer>[0]) => {
    let left = times;
    return localServer((request, response) =>
      left-- > 0 ? fail(request, response) : sendJson(response, {}),
    );
  };
  const tries = async (server: LocalServer, client: HttpClient) => {
    await client.fetch({ path: "/" }, live());
    return server.seen.length;
  };

  it.each([429, 502, 503, 504])("is asked again after %i, when it says so", async (status) => {
    await using server = await failing(2, (_request, response) =>
      response.writeHead(status, { "retry-after": "0" }).end(),
    );
    await using client = open(server.url);

    expect(await tries(server, client)).toBe(3);
  });

  it("is asked again after a reset, and after half an answer", async () => {
    let times = 0;
    await using server = await failing(2, (_request, response) => {
      if (times++ === 0) response.destroy();
      else response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy());
    });
    await using client = open(server.url);

    expect(await tries(server, client)).toBe(3);
  });

  it("is not waited for longer than the timeout, and the reply says what it asked", async () => {
    await using server = await failing(9, (_request, response) =>
      response.writeHead(429, { "retry-after": "3600" }).end(),
    );
    await using client = open(server.url);

    expect(await failureOf(client)).toMatchObject({
      code: "source-unavailable",
      message: expect.stringMatching(/left alone for 3600 s/),
    });
    expect(server.seen).toHaveLength(1);
  });

  it("that says nothing, or stops in the middle, ends with the timeout", async () => {
    await using server = await localServer(({ url }, response) => {
      if (url === "/half") response.writeHead(200).write("{");
    });
    await using client = open(server.url, { timeoutSeconds: 0.2 });

    for (const path of ["/silent", "/half"]) {
      expect(await failureOf(client, path)).toMatchObject({
        code: "source-unavailable",
        message: expect.stringMatching(/did not answer within 0.2 s/),
      });
    }
  });

  it("is left alone after five failures in a row", async () => {
    await using server = await failing(9, (_request, response) => response.writeHead(500).end());
    await using client = open(server.url);
    for (let i = 0; i < 5; i++) await failureOf(client);

    expect((await failureOf(client)).message).toMatch(/failed 5 times in a row and is left alone/);
    expect(server.seen).toHaveLength(5);
  });

  it("is not blamed for requests that are wrong", async () => {
    await using server = await localServer((_request, response) => response.writeHead(400).end());
    await using client = open(server.url);
    for (let i = 0; i < 6; i++) await failureOf(client);

    expect(server.seen).toHaveLength(6);
  });

  it("that is not there is said at once", async () => {
    const server = await localServer(() => {});
    await server[Symbol.asyncDispose]();
    await using client = open(server.url);

    expect(await failureOf(client)).toMatchObject({
      code: "source-unavailable",
      message: `metrics (${new URL(server.url).host}) could not be reached: nothing listens there.`,
    });
  });

  it("gets no more requests at once than it may", async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    await using server = await localServer((_request, response) => {
      waiting.push(() => sendJson(response, {}));
      most = Math.max(most, waiting.length);
      if (waiting.length === 2) for (const send of waiting.splice(0)) send();
    });
    await using client = open(server.url, { concurrency: 2 });

    await Promise.all(Array.from({ length: 6 }, () => client.fetch({ path: "/" }, live())));

    expect(most).toBe(2);
  });
});

describe("a caller who stops", () => {
  it.each(["before", "while it waits", "between two tries"])("%s hears so at once", async (when) => {
    const controller = new AbortController();
    if (when === "before") controller.abort();
    await using server = await localServer((_request, response) => {
      if (when === "between two tries") response.writeHead(503, { "retry-after": "20" }).end();
      setTimeout(() => controller.abort(), 20);
    });
    await using client = open(server.url);

    expect(await failureOf(client, "/", controller.signal)).toMatchObject({ code: "cancelled" });
  });
});

describe("TLS", () => {
  it("trusts the authority that is named, and nobody else; shows the client's certificate", async () => {
    const { ca, server: own, client: mine } = certificates(await stateFolder());
    const requiring = { ...own, ca: readFileSync(ca, "utf8"), requestCert: true, rejectUnauthorized: true };
    await using server = await localServer((_request, response) => sendJson(response, {}), requiring);
    await using stranger = open(server.url);
    await using nameless = open(server.url, { tls: { ca: { file: ca } } });
    await using known = open(server.url, {
      tls: { ca: { file: ca }, certificate: { file: mine.certificate }, key: { file: mine.key } },
    });

    expect((await failureOf(stranger)).message).toMatch(/certificate is not trusted.*tls\.ca/);
    expect(await failureOf(nameless)).toMatchObject({ code: "source-unavailable" });
    expect((await known.fetch({ path: "/" }, live())).status).toBe(200);
  });

  it("says so when a file is missing, and when there is no TLS", async () => {
    await using server = await localServer((_request, response) => sendJson(response, {}));
    await using client = open(server.url.replace("http:", "https:"));

    expect((await failureOf(client)).message).toMatch(/speaks no TLS/);
    expect(() => open(server.url, { tls: { ca: { file: "/none/ca.pem" } } })).toThrow(/ca\.pem of tls\.ca/);
  });
});
