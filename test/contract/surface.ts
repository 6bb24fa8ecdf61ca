import { expect, it } from "vitest";
import type { Answer, Reply } from "../../bot/reply.ts";
import { renderReply } from "../../bot/reply.ts";
import type { ChatSurface, ThreadRef } from "../../bot/surface.ts";
import { percentWords } from "../../bot/verdict.ts";
import type { Diagnosis } from "../../pipeline/diagnosis.ts";
import { cannotTell, geoDiagnosis, nothingFound } from "../fakes/geo-diagnosis.ts";

/** A surface in a chat of its own. */
export interface SurfaceUnderTest extends AsyncDisposable {
  readonly surface: ChatSurface;
  readonly thread: ThreadRef;
  /** What the people in the thread see now: a text for each message of the bot, oldest first, as it was sent. */
  shown(): Promise<readonly string[]>;
  /**
   * A shown text as the eye reads it: without the chat's own escaping and formatting, look-alikes turned back
   * into what they stand for.
   */
  read(shown: string): string;
  /** Whether something in what was sent would be a mention, a link, an emoji or a control sequence. */
  isLive(shown: string): boolean;
  /** Makes the chat fail once; null for a surface that has no chat behind it. */
  readonly fail: {
    /** It says that the channel is gone. */
    refuse(): void;
    /** It wants to be left alone for so many seconds. */
    throttle(seconds: number): void;
    /** It answers with an error of its own. */
    breakDown(): void;
    /** What is sent next arrives, but the surface does not hear of it; null where a chat cannot be searched for it. */
    readonly loseAnswer: (() => void) | null;
  } | null;
}

const first = { key: "reply-1", mayHaveLanded: false };
const progress: Reply = {
  kind: "progress",
  stages: [
    { name: "read", state: "done", detail: "geo, the last hour" },
    { name: "collect", state: "started", detail: "" },
  ],
};

/** What every surface does with a reply. Hostile texts come from telemetry: nobody who writes them is trusted. */
export function surfaceContract(open: () => Promise<SurfaceUnderTest>): void {
  it.each<[string, Answer]>([
    ["a found cause", renderReply(geoDiagnosis())],
    ["a found cause in depth", renderReply(geoDiagnosis(), "deep")],
    ["nothing", renderReply(nothingFound())],
    ["too little to tell", renderReply(cannotTell())],
  ])("shows the same facts of %s as every other surface", async (_title, answer) => {
    await using chat = await open();

    await chat.surface.post(chat.thread, answer, first);

    const seen = await everythingRead(chat);
    for (const fact of factsOf(answer)) expect(seen).toContain(fact);
  });

  it("shows one message that becomes the answer", async () => {
    await using chat = await open();

    const message = await chat.surface.post(chat.thread, progress, first);
    const answer = renderReply(geoDiagnosis());
    const after = await chat.surface.update(message, answer, { key: "reply-2", mayHaveLanded: false });

    expect(after.thread).toEqual(chat.thread);
    expect(await chat.shown()).toHaveLength(1);
    expect(await everythingRead(chat)).toContain(answer.verdictLines[0]);
  });

  it("says what failed and what to do", async () => {
    await using chat = await open();
    const failure: Reply = {
      kind: "failure",
      code: "service-unknown",
      what: 'No telemetry names a service "goe".',
      remedy: "Nearest: geo.",
    };

    await chat.surface.post(chat.thread, failure, first);

    const seen = await everythingRead(chat);
    expect(seen).toContain(failure.what);
    expect(seen).toContain(failure.remedy);
  });

  it("asks for a time with the choices", async () => {
    await using chat = await open();

    const choices = [{ label: "the last hour", text: "in the last hour" }];
    await chat.surface.post(
      chat.thread,
      { kind: "time-request", text: "Which time shall I look at?", choices },
      first,
    );

    const seen = await everythingRead(chat);
    expect(seen).toContain("Which time shall I look at?");
    expect(seen).toContain("the last hour");
  });

  it("lets nothing in a log line ping, link or format", async () => {
    await using chat = await open();

    await chat.surface.post(chat.thread, renderReply(hostileDiagnosis(), "deep"), first);

    for (const text of await chat.shown()) expect(chat.isLive(text), text).toBe(false);
    expect(await everythingRead(chat)).toContain("deadline exceeded");
  });

  it("loses no part of an answer that is too long for one message", async () => {
    await using chat = await open();
    const answer = renderReply(longDiagnosis(), "deep");

    const message = await chat.surface.post(chat.thread, answer, first);

    const seen = await everythingRead(chat);
    for (const { id, text } of answer.evidence) {
      expect(seen).toContain(id);
      expect(seen).toContain(collapsed(text));
    }
    const shorter = renderReply(geoDiagnosis());
    await chat.surface.update(message, shorter, { key: "reply-2", mayHaveLanded: false });
    if (chat.fail !== null) expect(await chat.shown()).toHaveLength(1);
  });

  it("posts a reply once, though its first try was not answered", async () => {
    await using chat = await open();
    if (chat.fail === null || chat.fail.loseAnswer === null) return;
    const answer = renderReply(longDiagnosis(), "deep");

    chat.fail.loseAnswer();
    const lost = chat.surface.post(chat.thread, answer, first);
    await expect(lost).rejects.toMatchObject({ code: "chat-unavailable" });
    const message = await chat.surface.post(chat.thread, answer, { ...first, mayHaveLanded: true });
    const tried = await chat.shown();
    await chat.surface.update(message, answer, { key: "reply-2", mayHaveLanded: true });

    expect(new Set(tried).size).toBe(tried.length);
    expect(await chat.shown()).toHaveLength(tried.length);
  });

  it("tells a chat that is down from one that refuses", async () => {
    await using chat = await open();
    if (chat.fail === null) return;
    const post = () => chat.surface.post(chat.thread, progress, first);

    chat.fail.refuse();
    await expect(post()).rejects.toMatchObject({ name: "BotError", code: "chat-refused" });
    chat.fail.throttle(7);
    await expect(post()).rejects.toMatchObject({ code: "chat-unavailable", retryAfterMs: 7_000 });
    chat.fail.breakDown();
    await expect(post()).rejects.toMatchObject({ code: "chat-unavailable" });

    expect(await chat.shown()).toHaveLength(0);
    await post();
    expect(await chat.shown()).toHaveLength(1);
  });
}

/** What a reader of the answer must learn, whatever the surface. */
export function factsOf(answer: Answer): string[] {
  return [
    ...answer.verdictLines,
    answer.looked,
    ...answer.causes.flatMap(({ service, confidence, why, metrics }) => [
      service,
      percentWords(confidence),
      why,
      ...metrics,
    ]),
    ...answer.evidence.flatMap(({ id, text }) => [id, text]),
    ...answer.findings.flatMap(({ paragraphs }) => paragraphs),
    ...answer.rankings,
    ...answer.gaps,
    ...answer.uncertainty,
    ...answer.earlier,
    ...answer.nextSteps,
    answer.madeFrom,
  ].map(collapsed);
}

async function everythingRead(chat: SurfaceUnderTest): Promise<string> {
  const shown = await chat.shown();
  return collapsed(shown.map((text) => chat.read(text)).join("\n"));
}

/** Where a surface breaks its lines is its own business. */
function collapsed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

const attack =
  'deadline exceeded <!channel> <!here> <@U0123ABC> @everyone @channel <at>Ana</at> <https://evil.example|click> [click](https://evil.example) *bold* _it_ ~gone~ `code` :boom: \u001b[31mred\u001b[0m <script>alert("1")</script>';

/** geo's diagnosis, with an attack in every text that telemetry can reach. */
function hostileDiagnosis(): Diagnosis {
  const base = geoDiagnosis();
  return geoDiagnosis({
    causes: base.causes.map((cause) => ({ ...cause, why: attack, service: `geo ${attack}` })),
    evidence: base.evidence.map((one) => ({ ...one, text: attack, examples: [attack], instance: attack })),
    gaps: [{ from: attack, reason: "failed", detail: attack }],
    uncertainty: [attack],
    findings: base.findings.map((finding) => ({ ...finding, observation: attack, finalAnswer: attack })),
  });
}

/** More evidence than any chat takes in one message. */
function longDiagnosis(): Diagnosis {
  const base = geoDiagnosis();
  const words = "the pool of connections is empty and callers wait for a free one ".repeat(6);
  return geoDiagnosis({
    evidence: Array.from({ length: 120 }, (_one, index) => ({
      ...base.evidence[4]!,
      id: `log-${index + 1}`,
      text: `Statement ${index + 1} is new: ${words}`,
      examples: [],
    })),
  });
}
