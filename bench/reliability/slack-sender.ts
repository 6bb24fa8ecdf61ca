import { createHmac } from "node:crypto";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** A mention that a person writes. */
export interface Mention {
  readonly channel: string;
  /** Its own `ts`; Slack's id of a message in its channel. */
  readonly ts: string;
  /** The message its thread hangs on; null: it begins one. */
  readonly thread: string | null;
  readonly user: string;
  readonly text: string;
}

export interface SenderOptions {
  readonly signingSecret: string;
  /** The ports of the bots; like a proxy, one is chosen for each try. */
  readonly ports: readonly number[];
  readonly pick: (ports: readonly number[]) => number;
  readonly onSent?: (port: number) => void;
  readonly onAcknowledged?: (port: number) => void;
  readonly signal: AbortSignal;
}

/** When a mention was acknowledged, by the monotonic clock, and how long that took from its first try. */
export interface Acknowledged {
  readonly sentAt: number;
  readonly at: number;
  readonly tries: number;
}

/** Slack waits so long for an acknowledgement. */
const patienceMs = 3_000;
/** Slack tries again at once, after a minute and after five; here the minutes are shorter, so that a run is. */
const pausesMs = [0, 300, 600, 1_000];

/** Sends a mention as Slack does: signed, and again until it is acknowledged. */
export async function send(mention: Mention, options: SenderOptions): Promise<Acknowledged> {
  const sentAt = performance.now();
  const body = JSON.stringify(envelope(mention));
  for (let tries = 1; ; tries++) {
    options.signal.throwIfAborted();
    const port = options.pick(options.ports);
    if (await sendOnce(body, port, options)) {
      const at = performance.now();
      options.onAcknowledged?.(port);
      return { sentAt, at, tries };
    }
    await sleep(pausesMs[Math.min(tries, pausesMs.length - 1)]);
  }
}

function sendOnce(body: string, port: number, { signingSecret, onSent }: SenderOptions): Promise<boolean> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const hash = createHmac("sha256", signingSecret).update(`v0:${timestamp}:${body}`).digest("hex");
  const headers = {
    "content-type": "application/json",
    "x-slack-request-timestamp": timestamp,
    "x-slack-signature": `v0=${hash}`,
  };
  return new Promise((resolve) => {
    const outgoing = request(
      { host: "127.0.0.1", port, path: "/slack/events", method: "POST", headers, timeout: patienceMs },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    outgoing.once("timeout", () => outgoing.destroy());
    outgoing.once("error", () => resolve(false));
    outgoing.end(body, () => onSent?.(port));
  });
}

function envelope({ channel, ts, thread, user, text }: Mention): object {
  return {
    type: "event_callback",
    team_id: "T1",
    api_app_id: "A1",
    event_id: `Ev${channel}${ts}`,
    authorizations: [{ team_id: "T1", user_id: "UBOT", is_bot: true }],
    is_ext_shared_channel: false,
    event: {
      type: "app_mention",
      user,
      text: `<@UBOT> ${text}`,
      ts,
      event_ts: ts,
      channel,
      ...(thread === null ? {} : { thread_ts: thread }),
    },
  };
}
