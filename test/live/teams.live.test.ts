import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reply } from "../../bot/reply.ts";
import { renderReply } from "../../bot/reply.ts";
import type { ChatMessage } from "../../bot/surface.ts";
import { TeamsOptions } from "../../bot/surfaces/teams/options.ts";
import { type TeamsSurface, teamsSurface } from "../../bot/surfaces/teams/teams.ts";
import { geoDiagnosis } from "../fakes/geo-diagnosis.ts";
import { missingForPlayground, type Playground, startPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

const missing = missingForPlayground();
if (missing !== null) process.stdout.write(`Skipped: Teams in a browser, for ${missing}.\n`);

const question = "what broke in geo in the last hour";

describe.skipIf(missing !== null)("Teams, as Microsoft's page shows it", { timeout: 60_000 }, () => {
  let surface: TeamsSurface;
  let running: Promise<void>;
  let playground: Playground;
  const heard: ChatMessage[] = [];
  const delivered: Promise<unknown>[] = [];

  beforeAll(async () => {
    surface = teamsSurface({
      options: TeamsOptions.parse({ emulator: true, port: 0 }),
      readSecret: () => "",
      timeZone: "UTC",
      now: Date.now,
    });
    running = surface.start(async (message) => {
      heard.push(message);
      delivered.push(deliver(message));
    });
    playground = await startPlayground(`http://127.0.0.1:${await surface.listening()}/api/messages`);
    await playground.page.getByRole("button", { name: "Hide log panel" }).click();
  }, 60_000);

  afterAll(async () => {
    await Promise.allSettled(delivered);
    await playground?.[Symbol.asyncDispose]();
    await surface?.stop();
    await running;
  });

  /** As the worker does: the message is completed, progress posted, the answer put in its place. */
  async function deliver(message: ChatMessage): Promise<void> {
    const { thread, id } = (await surface.complete?.(message)) ?? message;
    const say = (key: string) => ({ key: `${id}-${key}`, mayHaveLanded: false });
    const answer = renderReply(geoDiagnosis({ question: { ...geoDiagnosis().question, id } }));
    if (message.text === "again") return void (await surface.post(thread, answer, say("a")));
    if (!message.text.startsWith("what broke")) {
      const cited = [{ id: "metric-1", text: "Metric cpu_usage of geo-1 is abnormal." }];
      await surface.post(
        thread,
        { kind: "words", paragraphs: [`Said: ${message.text}, see metric-1.`], cited },
        say("a"),
      );
      return;
    }
    const posted = await surface.post(thread, progress(id), say("p"));
    await surface.update(posted, answer, say("a"));
  }

  const progress = (questionId: string): Reply => ({
    kind: "progress",
    stages: [{ name: "collect", state: "started", detail: "" }],
    questionId,
  });
  const answers = () => playground.page.getByText("geo (instance geo-1) is very likely the cause");

  async function write(text: string, mentioned: boolean): Promise<void> {
    const { page } = playground;
    await page.locator("[contenteditable=true]").first().click();
    if (mentioned) {
      await page.keyboard.type("@");
      await page.getByRole("menuitem", { name: "Test Bot" }).click();
    }
    await page.keyboard.type(` ${text}`);
  }

  it("answers in a personal chat, in the message that showed progress", async () => {
    await write(question, false);
    await playground.page.keyboard.press("Enter");

    await answers().first().waitFor();
    expect(heard.at(-1)).toMatchObject({ text: question, from: { place: { kind: "direct" } } });
    const [post, put] = playground.sentByBot();
    expect([post?.request.method, put?.request.method]).toEqual(["POST", "PUT"]);
    expect(put?.response.statusCode).toBe(200);
    await playground.page.getByRole("button", { name: "AI generated" }).first().waitFor();
    await playground.page.getByRole("img", { name: "Point 1" }).waitFor();
  });

  it("opens its details without asking the bot", async () => {
    const before = heard.length;

    await playground.page.getByRole("button", { name: "Details" }).click();

    await playground.page.getByText("Keep in mind").waitFor();
    expect(heard).toHaveLength(before);
    await playground.page.getByRole("button", { name: "Details" }).click();
  });

  it("hears what is pressed, and cites evidence in what it says", async () => {
    const about = heard.at(-1)?.id;

    await playground.page.getByRole("button", { name: "Why?" }).click();

    await playground.page.getByText("Said: why, see metric-1").last().waitFor();
    expect(heard.at(-1)).toMatchObject({ text: "why", about });
    await playground.page.getByRole("button", { name: "1", exact: true }).waitFor();
  });

  it("takes thumbs, and counts none that name no message", async () => {
    const { page } = playground;
    await page.getByRole("button", { name: "Ask again" }).click();
    await expect.poll(() => answers().count()).toBe(2);
    const before = heard.length;

    await page.getByRole("button", { name: "Like", exact: true }).last().click();
    await page.getByRole("button", { name: "Submit" }).click();
    await page.getByRole("button", { name: "Close" }).click();

    const thumb = playground.exchanged().find(({ request }) => request.body?.name === "message/submitAction");
    // Teams says which message it is under; this page does not.
    expect(thumb?.request.body.replyToId).toBeUndefined();
    expect(thumb?.response.statusCode).toBe(200);
    expect(heard).toHaveLength(before);
  });

  it("is told which service it was", async () => {
    const about = heard.find(({ text }) => text === question)?.id;
    const { page } = playground;

    await page.getByRole("button", { name: "Wrong …" }).first().click();
    await page.getByRole("combobox", { name: "Which service was it?" }).click();
    await page.getByRole("option", { name: "search" }).click();
    await page.getByRole("button", { name: "Send correction" }).click();

    await page.getByText("Said: it was search").last().waitFor();
    expect(heard.at(-1)).toMatchObject({ text: "it was search", about });
  });

  it("answers in a group chat where it is mentioned", async () => {
    const { page } = playground;
    await page.getByRole("treeitem", { name: "Group Chat" }).click();
    await page.getByText("Type a message").waitFor();
    await write(question, true);
    await page.keyboard.press("Enter");

    await answers().first().waitFor();
    expect(heard.at(-1)).toMatchObject({ text: question, from: { place: { kind: "group" } } });
  });

  it("answers in the thread of a channel", async () => {
    const { page } = playground;
    await page.getByRole("treeitem", { name: "My Team - General" }).click();
    await page.getByText("Start a new post").waitFor();
    await write(question, true);
    await page.getByRole("button", { name: "Post" }).click();

    await until(() => heard.at(-1)?.from?.place.kind === "channel");
    await Promise.all(delivered);
    expect(heard.at(-1)?.text).toBe(question);
    const thread = JSON.parse(heard.at(-1)?.thread.thread ?? "{}");
    // The page drops updates in channels, though it answers that it took them: what it recorded counts.
    for (const { request, response } of playground.sentByBot().slice(-2)) {
      expect(decodeURIComponent(request.url)).toContain(thread.conversation);
      expect(response.statusCode).toBeLessThan(300);
    }
    expect(thread.conversation).toContain(";messageid=");
  });
});
