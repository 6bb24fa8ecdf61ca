import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderReply } from "../../../../../bot/reply.ts";
import type { ThreadRef } from "../../../../../bot/surface.ts";
import { TeamsOptions } from "../../../../../bot/surfaces/teams/options.ts";
import { type TeamsSurface, teamsSurface } from "../../../../../bot/surfaces/teams/teams.ts";
import { type TeamsThread, threadRef } from "../../../../../bot/surfaces/teams/thread-key.ts";
import type { StageName } from "../../../../../pipeline/types.ts";
import { geoDiagnosis } from "../../../../fakes/geo-diagnosis.ts";
import { type BotConnector, botConnector, refuses, shownIn } from "../../../../support/bot-connector.ts";

let connector: BotConnector;
let surface: TeamsSurface;
let clock: number;

beforeEach(async () => {
  connector = await botConnector();
  clock = 1_000_000;
  surface = teamsSurface({
    options: TeamsOptions.parse({ emulator: true, port: 0, streaming: true }),
    readSecret: () => "",
    timeZone: "UTC",
    now: () => clock,
    requestTimeoutMs: 2_000,
  });
});

afterEach(async () => {
  await surface.stop();
  await connector[Symbol.asyncDispose]();
});

const thread = (kind: TeamsThread["kind"] = "direct"): ThreadRef =>
  threadRef({ serviceUrl: connector.url, conversation: "a:1", kind, bot: "28:bot", tenant: null });
const progress = (name: StageName) =>
  ({ kind: "progress", stages: [{ name, state: "started", detail: "" }] }) as const;
const answer = renderReply(geoDiagnosis());
const sending = (key: string, mayHaveLanded = false) => ({ key, mayHaveLanded });
const streamed = () =>
  connector.sent.map(({ activity }) => [activity.type, activity.entities?.at(-1)?.streamType ?? null]);

describe("a stream in a personal chat", () => {
  it("shows what is done, and becomes the answer", async () => {
    const begun = await surface.post(thread(), progress("read"), sending("p1"));
    const gone = await surface.update(begun, progress("collect"), sending("p2"));
    const done = await surface.update(gone, answer, sending("a"));

    expect(streamed()).toEqual([
      ["typing", "informative"],
      ["typing", "informative"],
      ["message", "final"],
    ]);
    const [first, second, final] = connector.sent.map(({ activity }) => activity);
    expect(first).toMatchObject({ text: "Reading the question …", entities: [{ streamSequence: 1 }] });
    expect(second).toMatchObject({
      text: "Collecting telemetry …",
      entities: [{ streamSequence: 2, streamId: done.id }],
    });
    expect(final.entities.at(-1).streamId).toBe(done.id);
    expect(final.text).toContain("geo (instance geo-1) is very likely the cause");
    expect(final.attachments).toHaveLength(1);
  });

  it("shows what is found before the answer is made, and says that it may change", async () => {
    const begun = await surface.post(thread(), progress("read"), sending("p1"));

    await surface.update(begun, { ...progress("consult"), found: "geo comes first." }, sending("p2"));

    expect(connector.sent.at(-1)?.activity.text).toBe(
      "First finding, may still change: geo comes first. Asking the experts …",
    );
  });

  it("is replaced like any other message once it is one", async () => {
    const begun = await surface.post(thread(), progress("read"), sending("p1"));
    const done = await surface.update(begun, answer, sending("a"));

    await surface.update(done, { kind: "words", paragraphs: ["Better."] }, sending("b"));

    expect(connector.sent.at(-1)).toMatchObject({ method: "PUT", id: done.id });
  });

  it("becomes a message of progress before Teams would end it", async () => {
    const begun = await surface.post(thread(), progress("read"), sending("p1"));
    clock += 110_000;

    const message = await surface.update(begun, progress("collect"), sending("p2"));
    await surface.update(message, answer, sending("a"));

    expect(connector.sent.map(({ method }) => method)).toEqual(["POST", "POST", "PUT"]);
    expect(streamed()[1]).toEqual(["message", "final"]);
  });

  it("keeps silent where the reader has stopped it, and answers in a message", async () => {
    const begun = await surface.post(thread(), progress("read"), sending("p1"));
    const refused = refuses(403, "ContentStreamNotAllowed");
    connector.mishaps.push(refused);

    const still = await surface.update(begun, progress("collect"), sending("p2"));
    connector.mishaps.push(refused, refuses(404, "ActivityNotFoundInConversation"));
    await surface.update(still, answer, sending("a"));

    expect(still).toEqual(begun);
    expect(streamed().at(-1)).toEqual(["message", null]);
    expect(connector.sent.at(-1)).toMatchObject({ method: "POST", id: null });
  });

  it("does not answer twice where the end was taken and nobody heard of it", async () => {
    const begun = await surface.post(thread(), progress("read"), sending("p1"));
    connector.mishaps.push((_request, response) => response.destroy());
    await expect(surface.update(begun, answer, sending("a"))).rejects.toMatchObject({
      code: "chat-unavailable",
    });

    connector.mishaps.push(refuses(403, "ContentStreamNotAllowed"));
    const done = await surface.update(begun, answer, sending("a", true));

    expect(connector.sent.at(-1)).toMatchObject({ method: "PUT", id: done.id });
    expect(shownIn(connector)).toHaveLength(1);
  });

  it("is a message where Teams lets nobody stream", async () => {
    connector.mishaps.push(refuses(403, "ContentStreamNotAllowed"));

    await surface.post(thread(), progress("read"), sending("p1"));

    expect(streamed()).toEqual([["message", null]]);
  });

  it("is none while a question waits, and none with others", async () => {
    await surface.post(thread(), { ...progress("read"), waiting: "1 before you" }, sending("p1"));
    await surface.post(thread("group"), progress("read"), sending("p2"));

    expect(streamed()).toEqual([
      ["message", null],
      ["message", null],
    ]);
  });
});
