import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { ChatMessage } from "../../../../../bot/surface.ts";
import { TeamsOptions } from "../../../../../bot/surfaces/teams/options.ts";
import { type TeamsSurface, teamsSurface } from "../../../../../bot/surfaces/teams/teams.ts";
import { type BotConnector, botConnector } from "../../../../support/bot-connector.ts";
import {
  channelMessage,
  groupMessage,
  personalMessage,
  tenant,
} from "../../../../support/teams-activities.ts";

const seed = 7;
const authorized = 6_000;
const unauthorized = 4_000;
const atOnce = 32;

let connector: BotConnector;
const connectors: BotConnector[] = [];
const surfaces: { readonly surface: TeamsSurface; readonly running: Promise<void> }[] = [];
const heard: ChatMessage[] = [];
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);

beforeAll(() => {
  process.on("unhandledRejection", onRejection);
});

afterAll(async () => {
  process.off("unhandledRejection", onRejection);
  for (const { surface, running } of surfaces) {
    await surface.stop();
    await running;
  }
  for (const one of connectors) await one[Symbol.asyncDispose]();
});

beforeEach(async () => {
  connector = await botConnector();
  connectors.push(connector);
  heard.length = 0;
});

async function open(options: object): Promise<string> {
  const surface = teamsSurface({
    options: TeamsOptions.parse({ host: "127.0.0.1", port: 0, ...options }),
    readSecret: () => "not-asked-for-here",
    timeZone: "UTC",
    now: Date.now,
    requestTimeoutMs: 1_000,
  });
  surfaces.push({ surface, running: surface.start(async (message) => void heard.push(message)) });
  return `http://127.0.0.1:${await surface.listening()}/api/messages`;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const deep = JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`);
const odd = [
  ...[null, true, -1, 1e308, 0, "", " ", [], {}, deep, [[null]], { id: {} }, "\ud800", "\u0000", "😀"],
  ...["x".repeat(45_000), "__proto__", "constructor", "28:x", "%00%2e%2e", "2026-13-45T99:99:99Z", "UTC"],
  ...[
    "http://127.0.0.1:1/",
    "https://[::1]:1/",
    "http://169.254.169.254/",
    "javascript:alert(1)",
    "<at>x</at>",
  ],
  ...["message", "invoke", "messageDelete", "messageUpdate", "personal", "channel", "adaptiveCard/action"],
];

function originals(): unknown[] {
  const { url } = connector;
  const value = { localexpert: { text: "why", about: "q", corrects: true }, service: "geo", other: "rate" };
  const invoke = { type: "invoke", replyToId: "1" };
  return [
    personalMessage(url, "what broke in geo in the last hour"),
    groupMessage(url, "what broke"),
    channelMessage(url, "what broke"),
    personalMessage(url, "", { value }),
    channelMessage(url, "", { type: "messageDelete" }),
    personalMessage(url, "", { ...invoke, name: "adaptiveCard/action", value: { action: { data: value } } }),
    personalMessage(url, "", {
      ...invoke,
      name: "message/submitAction",
      value: {
        actionName: "feedback",
        actionValue: { reaction: "like", feedback: '{"feedbackText":"geo"}' },
      },
    }),
  ];
}

/** A payload with one to four things wrong, and every eighth one broken as JSON or as UTF-8 too. */
function mutated(bases: readonly unknown[], random: () => number): Buffer {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
  const payload = structuredClone(pick(bases));
  for (let change = Math.ceil(random() * 4); change > 0; change--) {
    // biome-ignore lint/suspicious/noExplicitAny: it may be anything by now
    let at = payload as any;
    for (;;) {
      const key = pick(Object.keys(at));
      if (key === undefined) break;
      const inner = at[key];
      if (typeof inner === "object" && inner !== null && Object.keys(inner).length > 0 && random() < 0.7) {
        at = inner;
        continue;
      }
      if (random() < 0.25) delete at[key];
      else if (random() < 0.15) at[pick(odd.map(String)).slice(0, 40)] = inner;
      else at[key] = structuredClone(pick(odd));
      break;
    }
  }
  const bytes = Buffer.from(JSON.stringify(payload));
  if (random() < 0.06) return bytes.subarray(0, Math.floor(random() * bytes.length));
  if (random() < 0.06) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes;
}

/** How often each status was answered. */
async function statusesOf(url: string, count: number, headers: () => Record<string, string>) {
  const random = randomFrom(seed);
  const bases = originals();
  const statuses = new Map<number, number>();
  let left = count;
  const post = async () => {
    while (left > 0) {
      left -= 1;
      const response = await fetch(url, { method: "POST", headers: headers(), body: mutated(bases, random) });
      await response.arrayBuffer();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, post));
  return statuses;
}

const json = { "content-type": "application/json" };

it(`outlives ${authorized} payloads of which something is wrong`, { timeout: 60_000 }, async () => {
  const statuses = await statusesOf(await open({ emulator: true }), authorized, () => json);

  expect([...statuses.keys()].filter((status) => ![200, 400, 403, 501].includes(status))).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan(authorized / 10);
  expect(statuses.get(400)).toBeGreaterThan(authorized / 20);
  expect(connector.messages()).toEqual([]);
  for (const message of heard) expect(message.id).toMatch(/^teams-[0-9a-f]{32}$/);
  expect(rejections).toEqual([]);
});

it(`does nothing for ${unauthorized} payloads that no token vouches for`, { timeout: 60_000 }, async () => {
  const url = await open({ appId: tenant, tenantId: tenant, secret: { env: "TEAMS_SECRET" } });
  const random = randomFrom(seed + 1);
  heard.length = 0;
  const payload = (claims: object) => Buffer.from(JSON.stringify(claims)).toString("base64url");
  const tokens = ["", "Bearer", "Bearer x", `Bearer ${payload({ alg: "none" })}.${payload({ iss: "x" })}.`];

  const statuses = await statusesOf(url, unauthorized, () => ({
    ...json,
    authorization: tokens[Math.floor(random() * tokens.length)]!,
  }));

  expect([...statuses.keys()].filter((status) => ![400, 401, 403].includes(status))).toEqual([]);
  expect(statuses.get(401)).toBeGreaterThan(unauthorized / 3);
  expect(heard).toEqual([]);
  expect(connector.sent).toEqual([]);
  expect(rejections).toEqual([]);
});
