import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChatMessage } from "../../../../../bot/surface.ts";
import { clouds } from "../../../../../bot/surfaces/teams/connection.ts";
import { TeamsOptions } from "../../../../../bot/surfaces/teams/options.ts";
import { type TeamsSurface, teamsSurface } from "../../../../../bot/surfaces/teams/teams.ts";
import { type LocalServer, localServer, sendJson } from "../../../../support/http-server.ts";
import { personalMessage, tenant } from "../../../../support/teams-activities.ts";

const appId = "66666666-7777-8888-9999-000000000000";
const teams = "https://smba.trafficmanager.net/emea/";
const issuer = clouds.public.issuer;
const trusted = generateKeyPairSync("rsa", { modulusLength: 2048 });
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });

let keys: LocalServer;
let surface: TeamsSurface;
let running: Promise<void>;
let url: string;
const heard: ChatMessage[] = [];

beforeAll(async () => {
  keys = await localServer((request, response) => {
    if (request.url === "/openid") return sendJson(response, { jwks_uri: `${keys.url}/keys` });
    const jwk = trusted.publicKey.export({ format: "jwk" });
    sendJson(response, { keys: [{ ...jwk, kid: "key-1", endorsements: ["msteams"] }] });
  });
  surface = open(`${keys.url}/openid`);
  running = surface.start(async (message) => void heard.push(message));
  url = `http://127.0.0.1:${await surface.listening()}/api/messages`;
  // The SDK writes of each token that it refuses.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

afterAll(async () => {
  vi.restoreAllMocks();
  await surface.stop();
  await running;
  await keys[Symbol.asyncDispose]();
});

beforeEach(() => {
  heard.length = 0;
});

function open(openIdMetadataUrl: string): TeamsSurface {
  return teamsSurface({
    options: TeamsOptions.parse({
      appId,
      tenantId: tenant,
      secret: { env: "TEAMS_SECRET" },
      host: "127.0.0.1",
      port: 0,
    }),
    readSecret: () => "not-asked-for-here",
    timeZone: "UTC",
    now: Date.now,
    cloud: { ...clouds.public, openIdMetadataUrl },
  });
}

const seconds = () => Math.floor(Date.now() / 1000);
const good = () => ({
  iss: issuer,
  aud: appId,
  serviceurl: teams,
  nbf: seconds() - 60,
  exp: seconds() + 3_600,
});

function token(
  changes: object = {},
  { key = trusted.privateKey, header = {} }: { key?: KeyObject; header?: object } = {},
): string {
  const encoded = [
    { alg: "RS256", typ: "JWT", kid: "key-1", ...header },
    { ...good(), ...changes },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signature = sign("sha256", Buffer.from(encoded.join(".")), key).toString("base64url");
  return `Bearer ${[...encoded, signature].join(".")}`;
}

async function say(authorization: string | null, activity: unknown, at = url): Promise<number> {
  const response = await fetch(at, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(authorization === null ? {} : { authorization }),
    },
    body: typeof activity === "string" ? activity : JSON.stringify(activity),
  });
  expect(await response.text()).toBe("");
  return response.status;
}

const message = (changes: object = {}) => personalMessage(teams, "what broke", { ...changes });

describe("who is believed", () => {
  it("is Teams", async () => {
    expect(await say(token(), message())).toBe(200);
    expect(heard).toHaveLength(1);
  });

  it.each<[string, () => string | null]>([
    ["no token", () => null],
    ["no token but the word", () => "Bearer "],
    ["another scheme", () => `Basic ${Buffer.from("a:b").toString("base64")}`],
    ["no JWT", () => "Bearer a.b.c"],
    ["the key of a stranger", () => token({}, { key: stranger.privateKey })],
    ["a key that is not known", () => token({}, { header: { kid: "key-2" } })],
    ["no signature at all", () => token({}, { header: { alg: "none" } }).replace(/[^.]*$/, "")],
    ["a signature with the public key as a password", () => token({}, { header: { alg: "HS256" } })],
    ["a token that has expired", () => token({ nbf: seconds() - 7_200, exp: seconds() - 3_600 })],
    ["a token of tomorrow", () => token({ nbf: seconds() + 3_600, exp: seconds() + 7_200 })],
    ["a token for another bot", () => token({ aud: "00000000-0000-0000-0000-000000000001" })],
    ["a token for nobody", () => token({ aud: undefined })],
    ["another issuer", () => token({ iss: "https://evil.example" })],
    [
      "an issuer that the SDK would take for the emulator",
      () =>
        token({
          iss: "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/",
          appid: appId,
          ver: "1.0",
        }),
    ],
    ["another service", () => token({ serviceurl: "https://evil.example/" })],
    ["no service", () => token({ serviceurl: undefined })],
  ])("is nobody with %s", async (_what, authorization) => {
    expect(await say(authorization(), message())).toBe(401);
    expect(heard).toHaveLength(0);
  });

  it.each([
    ["another channel", { channelId: "webchat" }, 403],
    ["the SDK's own streaming channel", { channelId: "AseChannel" }, 403],
    [
      "another organisation",
      { conversation: { id: "a:1", tenantId: "22222222-2222-3333-4444-555555555555" } },
      403,
    ],
    ["no service to answer to", { serviceUrl: undefined }, 400],
    ["an empty service to answer to", { serviceUrl: "" }, 400],
    ["a service that is no web address", { serviceUrl: "file:///etc/passwd" }, 400],
    ["no conversation", { conversation: undefined }, 400],
  ])("is nobody from %s", async (_what, changes, status) => {
    expect(await say(token(), message(changes))).toBe(status);
    expect(heard).toHaveLength(0);
  });

  it("is not known while the keys cannot be fetched, and Teams is asked to come again", async () => {
    const blind = open("http://127.0.0.1:9/openid");
    const ended = blind.start(async (one) => void heard.push(one));
    const at = `http://127.0.0.1:${await blind.listening()}/api/messages`;

    expect(await say(token(), message(), at)).toBe(503);
    expect(heard).toHaveLength(0);
    await blind.stop();
    await ended;
  });
});

describe("what is read", () => {
  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["nothing", ""],
  ])("is refused: %s", async (_what, body) => {
    expect(await say(token(), body)).toBe(400);
  });

  it("is no body of ten megabytes", async () => {
    const body = JSON.stringify(message({ text: "x".repeat(10_000_000) }));

    expect(await say(token(), body).catch(() => 413)).toBe(413);
    expect(await say(token(), message())).toBe(200);
  });

  it("is no stream without end", async () => {
    const chunk = new TextEncoder().encode("x".repeat(64_000));
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });

    const status = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: token() },
      body: endless,
      duplex: "half",
    }).then(
      (response) => response.status,
      () => 413,
    );

    expect(status).toBe(413);
  });

  it("is only what is posted to its path, as JSON", async () => {
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(415);
    expect((await fetch(`${url}/x`, { method: "POST", body: "{}" })).status).toBe(404);
  });
});
