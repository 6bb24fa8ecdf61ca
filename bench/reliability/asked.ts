import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../testbed/random.ts";
import type { Setting } from "./setting.ts";
import { type Acknowledged, type Mention, type SenderOptions, send } from "./slack-sender.ts";

/** A question on its way. */
export interface Asked {
  readonly mention: Mention;
  /** The key of the message that its answer stands in. */
  readonly key: string;
  acknowledged: Acknowledged | null;
  /** The one of its thread that was acknowledged before this one was sent; null: there is none. */
  readonly after: Asked | null;
}

const text = "why are searches slow in the last hour";
const twiceShare = 0.3;
const outOfOrderShare = 0.3;
let written = 0;

/** A `ts` that no other message has: the second it was written in, and a number. */
function nextTs(): string {
  written += 1;
  return `${Math.floor(Date.now() / 1_000)}.${String(written).padStart(6, "0")}`;
}

export function newMention(channel: string, thread: string | null, asked = text): Mention {
  return { channel, ts: nextTs(), thread, user: "U1", text: asked };
}

export function keyOf({ channel, ts }: Mention): string {
  return `slack-T1-${channel}-${ts}`;
}

/**
 * Asks in three threads of three channels: two questions one after the other in the first, and something that
 * is no question in the last. Some events come twice, and those of the first thread now and then in the wrong order.
 * Resolves when all were acknowledged.
 */
export async function askInThreads(random: Random, options: SenderOptions): Promise<Asked[]> {
  const first = newMention("C1", null);
  const second = newMention("C1", first.ts);
  const outOfOrder = random.uniform() < outOfOrderShare;
  const one = asked(first, null);
  const two = asked(second, outOfOrder ? null : one);
  const others = [asked(newMention("C2", null), null), asked(newMention("C3", null, "help"), null)];
  const twice = new Set([one, two, ...others].filter(() => random.uniform() < twiceShare));

  async function deliver(question: Asked): Promise<void> {
    question.acknowledged = await send(question.mention, options);
    if (twice.has(question)) await send(question.mention, options);
  }
  const inOrder = outOfOrder ? [two, one] : [one, two];
  await Promise.all([
    (async () => {
      for (const question of inOrder) await deliver(question);
    })(),
    ...others.map(async (question, index) => {
      await sleep(50 * index);
      await deliver(question);
    }),
  ]);
  return [one, two, ...others];
}

export function asked(mention: Mention, after: Asked | null): Asked {
  return { mention, key: keyOf(mention), acknowledged: null, after };
}

export function senderOptions(
  { bots, signingSecret }: Setting,
  random: Random,
  signal: AbortSignal,
): SenderOptions {
  const ports = bots.map(({ port }) => port);
  const [first = 0, ...rest] = ports;
  return { signingSecret, ports, pick: () => random.pick([first, ...rest]), signal };
}
