import { describe, expect, it, onTestFinished } from "vitest";
import { slackSurface } from "../../bot/surfaces/slack/slack.ts";
import { loadConfig } from "../../config.ts";
import { startService } from "../../service.ts";
import { recordedIncidents, shiftIncident } from "../../testbed/incidents.ts";
import { freePort, redisServer } from "../support/redis-server.ts";
import { botUser, command, envelope, press, submission } from "../support/slack-payloads.ts";
import { signedHeaders, slackOptions, testSecret } from "../support/slack-surface.ts";
import { type SlackMessage, slackWorkspace } from "../support/slack-workspace.ts";
import { stateFolder } from "../support/state-folder.ts";
import { until } from "../support/until.ts";
import { readAloud, sentText } from "../unit/bot/surfaces/slack/shown.ts";

const file = new URL("../../diagnose-process.ts", import.meta.url);
const execArgv = ["--import", new URL("../support/load-typescript.mjs", import.meta.url).href];
const person = "U000000001";

/** The whole program, as `localexpert start` runs it, on a recorded incident, with a workspace beside it. */
async function open() {
  const workspace = await slackWorkspace();
  onTestFinished(() => workspace[Symbol.asyncDispose]());
  const folder = await stateFolder();
  const [incident] = (await recordedIncidents()).filter(({ name }) => name === "geo-store-down");
  await shiftIncident(incident!, folder, Date.now());
  const port = await freePort();
  await redisServer(port);
  const troubles: string[] = [];
  let listening: Promise<number | null> = Promise.resolve(null);
  const service = await startService(
    {
      ...loadConfig(),
      stateFolder: folder,
      redis: { url: `redis://127.0.0.1:${port}` },
      sources: [{ type: "files", path: folder, name: "hotel" }],
      access: "open",
      worker: { processes: 1 },
    },
    {
      role: "all",
      diagnosing: { file, execArgv },
      onTrouble: (what, error) => void troubles.push(`${what} ${String(error)}`),
      openSurfaces({ readHome }) {
        const surface = slackSurface({
          options: slackOptions(workspace),
          readSecret: testSecret(workspace),
          readHome,
          now: Date.now,
        });
        listening = surface.listening();
        return [surface];
      },
    },
  );
  onTestFinished(() => service.close());
  const url = `http://127.0.0.1:${await listening}/slack/events`;
  const headers = { connection: "close" };

  async function send(body: string, type: string): Promise<void> {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": type, ...signedHeaders(body) },
      body,
    });
    expect(response.status).toBe(200);
  }

  return {
    workspace,
    troubles,
    event: (event: object) => send(JSON.stringify(envelope(event)), "application/json"),
    interaction: (payload: object) =>
      send(
        new URLSearchParams({ payload: JSON.stringify(payload) }).toString(),
        "application/x-www-form-urlencoded",
      ),
    slash: (fields: Readonly<Record<string, string>>) =>
      send(new URLSearchParams(fields).toString(), "application/x-www-form-urlencoded"),
  };
}

/** What the person sees of a message. */
const seen = (message: SlackMessage | undefined) =>
  message === undefined ? "" : readAloud(sentText(message));

/** The value of the button with this label, as Slack would send it back. */
function carriedBy(message: SlackMessage | undefined, label: string): unknown {
  for (const block of message?.blocks ?? []) {
    const { elements } = block as { elements?: readonly { text?: { text: string }; value?: string }[] };
    const button = elements?.find(({ text }) => text?.text === label);
    if (button?.value !== undefined) return JSON.parse(button.value);
  }
  throw new Error(`no button ${label}`);
}

describe("a conversation in Slack", () => {
  it("goes from a question to a correction, on a recorded incident", { timeout: 120_000 }, async () => {
    const slack = await open();
    const { workspace } = slack;
    const { channel, team } = workspace;
    const messages = () => workspace.messages();
    const ask = async (text: string, root?: string): Promise<string> => {
      const words = `<@${botUser}> ${text}`;
      const thread = root === undefined ? {} : { thread_ts: root };
      const { ts } = await workspace.call<{ ts: string }>("chat.postMessage", {
        channel,
        text: words,
        ...thread,
      });
      await slack.event({ type: "app_mention", user: person, text: words, ts, channel, ...thread });
      return ts;
    };
    /** The last message, once there are so many and it shows no stages any more. */
    const answered = async (count: number): Promise<SlackMessage> => {
      const isThere = async () => {
        const all = await messages();
        return all.length === count && !all.at(-1)?.blocks?.some(({ type }) => type === "plan");
      };
      await until(isThere, 60_000);
      const last = (await messages()).at(-1);
      if (last === undefined) throw new Error("there is no message");
      return last;
    };

    const root = await ask("what broke in geo in the last hour");
    const answer = await answered(2);
    const about = `slack-${team}-${channel}-${root}`;

    expect(answer.thread_ts).toBe(root);
    expect(seen(answer)).toMatch(/is (very|most) likely the cause/);
    const updates = workspace.calls.filter(({ method }) => method === "chat.update");
    expect(updates.length).toBeGreaterThan(0);
    const where = {
      channel: { id: channel },
      user: { id: person, team_id: team },
      message: { ts: answer.ts, thread_ts: root },
    };

    await slack.interaction(press(carriedBy(answer, "Why?"), where));
    expect(seen(await answered(3))).not.toBe("");
    await ask("why not rate?", root);
    expect(seen(await answered(5))).toContain("rate");
    await ask("show the logs", root);
    expect(seen(await answered(7))).toMatch(/log/i);

    workspace.answer("views.open", () => ({ ok: true }));
    await slack.interaction({
      ...submission({ thread: `${team}/${channel}/${root}`, about, suspects: [] }, { suspect: "rate" }),
      user: { id: person, team_id: team },
    });
    const corrected = seen(await answered(8));
    expect(corrected).toContain("rate");

    workspace.answer("views.publish", () => ({ ok: true }));
    workspace.answer("conversations.info", () => ({ ok: true, channel: { is_im: true } }));
    await slack.event({ type: "app_home_opened", user: person, channel: "D1", tab: "home" });
    const home = () =>
      workspace.calls.find(({ method }) => method === "views.publish")?.parameters.view ?? "";
    await until(() => home() !== "");
    expect(home()).toContain("what broke in geo in the last hour");
    expect(slack.troubles).toEqual([]);
  });

  it("opens a thread for a slash command, and answers there", { timeout: 120_000 }, async () => {
    const slack = await open();
    const { workspace } = slack;

    await slack.slash(command("what can you do", { channel_id: workspace.channel, user_id: person }));
    await until(async () => (await workspace.messages()).length === 2);

    const [root, answer] = await workspace.messages();
    expect(root?.text).toBe(`<@${person}> asks: what can you do`);
    expect(answer?.thread_ts).toBe(root?.ts);
    expect(slack.troubles).toEqual([]);
  });
});
