import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { xoshiro128 } from "../../testbed/random.ts";
import { type Asked, asked, keyOf, newMention, senderOptions } from "./asked.ts";
import { brokenPromises, isQuiet } from "./invariants.ts";
import { costOf } from "./process-cost.ts";
import { openSetting, type Setting } from "./setting.ts";
import { type SenderOptions, send } from "./slack-sender.ts";

export interface LoadOptions {
  readonly seed: number;
  /** In all, over the part whose memory is looked at. */
  readonly questions: number;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** One way of asking, and how long it took; milliseconds. */
export interface LoadPart {
  readonly name: string;
  readonly asked: number;
  /** Each from its first try to its acknowledgement. */
  readonly acknowledgedMs: readonly number[];
  /** Each from its first try to the first message in its thread. */
  readonly signMs: readonly number[];
  /** From the first question to the last answer; null where that was not waited for. */
  readonly allMs: number | null;
  readonly broken: readonly string[];
}

export interface LoadResult {
  readonly parts: readonly LoadPart[];
  /** Megabytes, after so many questions. */
  readonly memory: readonly { readonly after: number; readonly bot: number; readonly worker: number }[];
  /** CPU for a question, of bot, worker and its process, and Redis together; milliseconds. */
  readonly cpuMs: { readonly bot: number; readonly worker: number; readonly redis: number };
}

const burst = 500;
const channels = 20;
/** So many of the burst are asked in threads of several, one after the other. */
const inThreads = { threads: 20, each: 5 };
const perSecond = 50;
const secondsAtRate = 20;
const longestMs = 900_000;

/**
 * Asks 500 questions at once while diagnoses run, and with a pipeline that answers at once; then 50 in each
 * second; then until there were as many as wanted, with an eye on memory.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { seed, signal, progress } = options;
  const random = xoshiro128(seed);
  const common = { bots: 1, workers: 1, fsync: "everysec", withModel: false } as const;
  let diagnosis = "";
  const parts: LoadPart[] = [];
  {
    const setting = await openSetting(common);
    try {
      const sending = senderOptions(setting, random, signal);
      const first = asked(newMention("C1", null), null);
      await ask(first, sending);
      await untilAnswered([first], setting, signal);
      diagnosis = (await setting.client.get(`localexpert:diagnosis:${first.key}`)) ?? "";
      const part = await burstOf("500 at once while diagnoses run", sending);
      parts.push(await partOf(part, setting, null));
      progress(inWords(parts.at(-1)));
    } finally {
      await setting.close();
    }
  }
  {
    // Anew: the burst above has left hundreds of diagnoses to be made.
    const setting = await openSetting(common);
    try {
      const sending = senderOptions(setting, random, signal);
      const part = await rateOf(`${perSecond} a second for ${secondsAtRate} s while diagnoses run`, sending);
      parts.push(await partOf(part, setting, null));
      progress(inWords(parts.at(-1)));
    } finally {
      await setting.close();
    }
  }
  const setting = await openSetting({
    ...common,
    standIn: (folder) => writeFile(join(folder, "diagnosis.json"), diagnosis),
  });
  try {
    const sending = senderOptions(setting, random, signal);
    parts.push(...(await standInParts(setting, sending, options)));
    const { memory, cpuMs } = await untilMany(setting, sending, options);
    return { parts, memory, cpuMs };
  } finally {
    await setting.close();
  }
}

async function standInParts(
  setting: Setting,
  sending: SenderOptions,
  { progress, signal }: LoadOptions,
): Promise<LoadPart[]> {
  const atOnce = await burstOf("500 at once, pipeline answers at once", sending);
  const allMs = await untilAnswered(atOnce.questions, setting, signal);
  const first = await partOf(atOnce, setting, allMs);
  progress(inWords(first));
  const steady = await rateOf(
    `${perSecond} a second for ${secondsAtRate} s, pipeline answers at once`,
    sending,
  );
  const lastMs = await untilAnswered(steady.questions, setting, signal);
  const second = await partOf(steady, setting, lastMs);
  progress(inWords(second));
  return [first, second];
}

interface Burst {
  readonly name: string;
  readonly begun: number;
  readonly questions: readonly Asked[];
}

async function rateOf(name: string, sending: SenderOptions): Promise<Burst> {
  const questions: Asked[] = [];
  const sent: Promise<void>[] = [];
  const begun = performance.now();
  for (let count = 0; count < perSecond * secondsAtRate; count++) {
    await sleep(Math.max(0, begun + (count * 1_000) / perSecond - performance.now()));
    const question = asked(newMention(`C${(count % channels) + 1}`, null), null);
    questions.push(question);
    sent.push(ask(question, sending));
  }
  await Promise.all(sent);
  return { name, begun, questions };
}

async function burstOf(name: string, sending: SenderOptions): Promise<Burst> {
  const begun = performance.now();
  const questions: Asked[] = [];
  const sent: Promise<void>[] = [];
  for (let thread = 0; thread < inThreads.threads; thread++) {
    sent.push(askOneByOne(`C${thread + 1}`, questions, sending));
  }
  for (let count = 0; count < burst - inThreads.threads * inThreads.each; count++) {
    const question = asked(newMention(`C${(count % channels) + 1}`, null), null);
    questions.push(question);
    sent.push(ask(question, sending));
  }
  await Promise.all(sent);
  return { name, begun, questions };
}

async function askOneByOne(channel: string, questions: Asked[], sending: SenderOptions): Promise<void> {
  let before: Asked | null = null;
  let root: string | null = null;
  for (let count = 0; count < inThreads.each; count++) {
    const question = asked(newMention(channel, root), before);
    questions.push(question);
    await ask(question, sending);
    root ??= question.mention.ts;
    before = question;
  }
}

async function ask(question: Asked, sending: SenderOptions): Promise<void> {
  question.acknowledged = await send(question.mention, sending);
}

/** Gives when the last answer came, by the monotonic clock. */
async function untilAnswered(
  questions: readonly Asked[],
  setting: Setting,
  signal: AbortSignal,
): Promise<number> {
  const deadline = performance.now() + longestMs;
  while (!(await isQuiet(questions, setting)) && performance.now() < deadline) {
    await sleep(500, undefined, { signal });
  }
  const keys = new Set(questions.map(({ key }) => key));
  const finals = setting.workspace.messages.flatMap(({ key, finalAt }) =>
    keys.has(key) && finalAt !== null ? [finalAt] : [],
  );
  return finals.reduce((last, at) => Math.max(last, at), 0);
}

async function partOf(
  { name, begun, questions }: Burst,
  { workspace }: Setting,
  lastAt: number | null,
): Promise<LoadPart> {
  // The signs of the last ones take a moment.
  if (lastAt === null) await sleep(longestSignMs);
  const postedAt = new Map(workspace.messages.map((message) => [message.key, message.postedAt]));
  return {
    name,
    asked: questions.length,
    acknowledgedMs: questions.flatMap(({ acknowledged }) =>
      acknowledged === null ? [] : [acknowledged.at - acknowledged.sentAt],
    ),
    signMs: questions.flatMap(({ mention, acknowledged }) => {
      const at = postedAt.get(keyOf(mention));
      return at === undefined || acknowledged === null ? [] : [at - acknowledged.sentAt];
    }),
    allMs: lastAt === null ? null : lastAt - begun,
    broken: lastAt === null ? [] : brokenPromises(questions, { workspace }),
  };
}

const longestSignMs = 20_000;
const step = 500;

async function untilMany(
  setting: Setting,
  sending: SenderOptions,
  { questions, progress, signal }: LoadOptions,
): Promise<Pick<LoadResult, "memory" | "cpuMs">> {
  const memory: LoadResult["memory"][number][] = [];
  const pids = {
    bot: setting.bots[0]?.pid() ?? null,
    worker: setting.workers[0]?.pid() ?? null,
    redis: setting.redis.pid(),
  };
  const before = { bot: costOf(pids.bot), worker: costOf(pids.worker), redis: costOf(pids.redis) };
  const done = setting.workspace.messages.length;
  let count = done;
  while (count < questions) {
    const some = Array.from({ length: step }, (_, index) =>
      asked(newMention(`C${(index % channels) + 1}`, null), null),
    );
    for (const question of some) {
      await sleep(1_000 / perSecond);
      void ask(question, sending);
    }
    await untilAnswered(some, setting, signal);
    count += step;
    memory.push({
      after: count,
      bot: costOf(pids.bot).residentMb,
      worker: costOf(pids.worker).residentMb,
    });
    progress(
      `${count} questions: bot ${memory.at(-1)?.bot.toFixed(0)} MB, worker ${memory.at(-1)?.worker.toFixed(0)} MB`,
    );
  }
  const each = (name: keyof typeof pids) =>
    (costOf(pids[name]).cpuMs - before[name].cpuMs) / Math.max(1, count - done);
  return { memory, cpuMs: { bot: each("bot"), worker: each("worker"), redis: each("redis") } };
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function inWords(part: LoadPart | undefined): string {
  if (part === undefined) return "";
  const { name, acknowledgedMs, signMs, broken } = part;
  return `${name}: acknowledged p99 ${quantile(acknowledgedMs, 0.99).toFixed(0)} ms, most ${quantile(acknowledgedMs, 1).toFixed(0)} ms; sign p50 ${quantile(signMs, 0.5).toFixed(0)} ms; ${broken.length} broken promises ${broken.slice(0, 3).join("; ")}`;
}
