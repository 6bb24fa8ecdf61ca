import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type SlackSurface, slackSurface } from "../../bot/surfaces/slack/slack.ts";
import { memoryOptions } from "../../compose.ts";
import { loadConfig } from "../../config.ts";
import { redisFeedback } from "../../connectors/store/redis-feedback.ts";
import { connectRedis } from "../../jobs/redis-connection.ts";
import { startService } from "../../service.ts";
import { recordedIncidents, shiftIncident } from "../../testbed/incidents.ts";
import { freePort, redisServer } from "../support/redis-server.ts";
import { botUser, mention, press } from "../support/slack-payloads.ts";
import { signedHeaders, slackOptions, testSecret } from "../support/slack-surface.ts";
import { type SlackMessage, slackWorkspace } from "../support/slack-workspace.ts";
import { stateFolder } from "../support/state-folder.ts";

const patience = 60_000;

/** The whole product on a recorded incident, in a workspace of this machine. */
async function open() {
  const [folder, port, workspace] = await Promise.all([stateFolder(), freePort(), slackWorkspace()]);
  onTestFinished(() => workspace[Symbol.asyncDispose]());
  await redisServer(port);
  const telemetry = join(folder, "telemetry");
  await mkdir(telemetry);
  const incident = (await recordedIncidents()).find(({ name }) => name === "geo-store-down");
  if (incident === undefined) throw new Error("the recorded incident is gone");
  await shiftIncident(incident, telemetry, Date.now());
  const config = {
    ...loadConfig(),
    timeZone: "UTC",
    stateFolder: folder,
    redis: { url: `redis://127.0.0.1:${port}` },
    sources: [{ type: "files" as const, path: telemetry, name: "hotel" }],
    worker: { processes: 1 },
    access: "open" as const,
    slack: slackOptions(workspace),
  };
  const surfaces: SlackSurface[] = [];

  const troubles: string[] = [];
  const service = await startService(config, {
    role: "all",
    openSurfaces({ readHome }) {
      const surface = slackSurface({
        options: config.slack,
        readSecret: testSecret(workspace),
        readHome,
        now: Date.now,
      });
      surfaces.push(surface);
      return [surface];
    },
    onTrouble: (what, error) => void troubles.push(`${what} ${String(error)}`),
    diagnosing: {
      file: new URL("../../diagnose-process.ts", import.meta.url),
      execArgv: ["--import", new URL("../support/load-typescript.mjs", import.meta.url).href],
    },
  });
  onTestFinished(() => service.close());
  const listens = await surfaces[0]?.listening();
  async function send(body: object): Promise<number> {
    const text = JSON.stringify(body);
    const form = "actions" in body ? new URLSearchParams({ payload: text }).toString() : null;
    const sent = form ?? text;
    const type = form === null ? "application/json" : "application/x-www-form-urlencoded";
    const answered = await fetch(`http://127.0.0.1:${listens}/slack/events`, {
      method: "POST",
      headers: { "content-type": type, ...signedHeaders(sent) },
      body: sent,
    });
    return answered.status;
  }
  return { config, workspace, send, troubles };
}

/** Looks now and then: the workspace, like Slack, takes only so many calls. */
async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not so after ${patience} ms`);
    await sleep(400);
  }
}

/** A button of a message by its words, as its value. */
function buttonIn({ blocks = [] }: SlackMessage, label: string): unknown {
  const elements = blocks.flatMap((block) => (Array.isArray(block.elements) ? block.elements : []));
  const button = elements.find((one) => one?.text?.text === label);
  return button?.value;
}

describe("a question in Slack", () => {
  it("is answered in its thread, asked on about, pressed, corrected, and kept as a case", {
    timeout: 120_000,
  }, async () => {
    const { config, workspace, send, troubles } = await open();
    const { channel } = workspace;
    workspace.answer("users.info", () => ({ ok: true, user: { id: "U1", tz: "Europe/Berlin" } }));
    const posted = await workspace.call<{ ts: string }>("chat.postMessage", {
      channel,
      text: "what broke in geo in the last hour",
    });
    const root = posted.ts;
    let said = 0;
    const say = (text: string) => {
      said += 1;
      const ts = said === 1 ? root : `${Number(root.split(".")[0]) + said}.000100`;
      const thread = said === 1 ? {} : { thread_ts: root };
      return send(mention({ text: `<@${botUser}> ${text}`, ts, event_ts: ts, channel, ...thread }));
    };
    const answers = async () => (await workspace.messages(channel)).filter(({ ts }) => ts !== root);
    const shows = (words: RegExp) =>
      until(async () => (await answers()).some((one) => words.test(textOf(one))));

    expect(await say("what broke in geo in the last hour")).toBe(200);
    await until(async () => (await answers()).length > 0);
    await shows(/likely the cause/);
    const [answer] = await answers();
    const why = answer === undefined ? undefined : buttonIn(answer, "Why?");
    expect(why).toBeTypeOf("string");
    expect(
      await send(
        press(why, {
          channel: { id: channel, name: "incidents" },
          message: { user: botUser, type: "message", ts: answer?.ts, bot_id: "B1", thread_ts: root },
          container: { type: "message", message_ts: answer?.ts, channel_id: channel, is_ephemeral: false },
        }),
      ),
    ).toBe(200);
    await until(async () => (await answers()).length === 2);
    expect(await say("how sure are you?")).toBe(200);
    await shows(/not a measured probability/);
    expect(await say("show the logs")).toBe(200);
    await until(async () => (await answers()).length >= 4);
    await say("it was rate");
    await shows(/Noted: it was rate/);

    const transcript = (await workspace.messages(channel)).map(textOf).join("\n\n---\n\n");
    if (process.env.LOCALEXPERT_TRANSCRIPT !== undefined) {
      await writeFile(process.env.LOCALEXPERT_TRANSCRIPT, transcript);
    }
    expect(transcript).toContain("geo-store");
    expect(troubles).toEqual([]);

    const connections = await connectRedis({
      kind: "url",
      url: config.redis.url,
      username: null,
      password: null,
    });
    onTestFinished(() => connections.close());
    const cases = await redisFeedback(connections.client, memoryOptions(config, connections.prefix)).list();
    expect(cases).toMatchObject([{ said: [{ verdict: "wrong", service: "rate" }] }]);
  });
});

/** What a message shows, in the order of its blocks. */
function textOf({ text, blocks = [] }: SlackMessage): string {
  const shown = blocks.map((block) => JSON.stringify(block));
  return [text, ...shown].join("\n");
}
