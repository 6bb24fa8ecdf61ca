import { Pool } from "undici";
import { describe, expect, it } from "vitest";
import {
  command,
  diagnoseThis,
  direct,
  envelope,
  mention,
  press,
  submission,
  ts,
} from "../../../../support/slack-payloads.ts";
import { openSlack, signedHeaders } from "../../../../support/slack-surface.ts";

const seed = 20_261_124;
const rounds = 10_000;
const atOnce = 64;

const question = "slack-T000000001-C1-1795542654.000100";
const events = [
  mention(),
  direct({ subtype: "file_share", files: [{ id: "F1" }] }),
  envelope({
    type: "message",
    subtype: "message_deleted",
    channel: "C1",
    deleted_ts: ts,
    ts,
    previous_message: { user: "U1", text: "<@UBOT> what broke", ts },
  }),
  envelope({
    type: "assistant_thread_started",
    assistant_thread: { user_id: "U1", context: {}, channel_id: "D1", thread_ts: ts },
  }),
  envelope({ type: "app_home_opened", user: "U1", channel: "D1", tab: "home" }),
  envelope({ type: "agent_session_stopped", channel: "D1", thread_ts: ts, event_ts: ts, user: "U1" }),
  { type: "url_verification", challenge: "abc" },
];
const interactions = [
  press({ says: "why", about: question }),
  press({ suspects: ["geo"], about: question }),
  diagnoseThis({
    text: "geo down",
    attachments: [{ title: "x", fields: [{ title: "a", value: "b" }] }],
    blocks: [{ text: { text: "y" } }],
  }),
  submission({ thread: `T1/C1/${ts}`, about: question, suspects: [] }, { suspect: "geo" }),
];
const odd = [
  null,
  true,
  0,
  -1,
  1e308,
  "",
  " ",
  "\u0000",
  "💥".repeat(50),
  "x".repeat(5_000),
  "../..",
  "T1/C1/1",
  [],
  {},
  [[[[]]]],
  { __proto__: null },
  "<!channel>",
  "9".repeat(400),
];

/** mulberry32: the same numbers on every machine. */
function numbers(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function mutator(random: () => number) {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;

  /** Somewhere within, a value is taken away, replaced, or put into another place. */
  function changed(value: unknown): unknown {
    if (typeof value !== "object" || value === null || random() < 0.15) return pick(odd);
    if (Array.isArray(value)) {
      const index = Math.floor(random() * value.length);
      return random() < 0.3
        ? [...value, ...value]
        : value.map((one, at) => (at === index ? changed(one) : one));
    }
    const entries = Object.entries(value);
    if (entries.length === 0) return pick(odd);
    const [key, inner] = pick(entries);
    const others = Object.fromEntries(entries.filter(([name]) => name !== key));
    if (random() < 0.2) return others;
    if (random() < 0.1) return { ...others, [pick(entries)[0]]: inner };
    return { ...others, [key]: changed(inner) };
  }

  function scrambled(text: string): string {
    const at = Math.floor(random() * text.length);
    if (random() < 0.3) return text.slice(0, at);
    return `${text.slice(0, at)}${pick(['"', "}", "&", "%", "\u0000", "\ud800", "é"])}${text.slice(at + 1)}`;
  }

  return () => {
    const times = 1 + Math.floor(random() * 3);
    const again = (value: unknown): unknown => {
      let result = value;
      for (let round = 0; round < times; round++) result = changed(result);
      return result;
    };
    const kind = random();
    const form = kind >= 0.6;
    let body: string;
    if (!form) body = JSON.stringify(again(pick(events)));
    else if (kind < 0.85) {
      body = new URLSearchParams({ payload: JSON.stringify(again(pick(interactions))) }).toString();
    } else {
      const fields = again(command("ask what broke"));
      const pairs = Object.entries(typeof fields === "object" && fields !== null ? fields : { fields });
      const typed = new URLSearchParams();
      for (const [name, value] of pairs)
        typed.append(name, typeof value === "string" ? value : JSON.stringify(value));
      body = typed.toString();
    }
    if (random() < 0.2) body = scrambled(body);
    // As it arrives: half a character is none.
    return {
      body: Buffer.from(body).toString(),
      form: random() < 0.05 ? !form : form,
      signed: random() < 0.75,
    };
  };
}

describe("the address that Slack calls", () => {
  it("stands 10,000 mutated requests, and answers none that is not signed", {
    timeout: 120_000,
  }, async () => {
    await using slack = await openSlack();
    for (const method of ["views.open", "views.publish", "assistant.threads.setSuggestedPrompts"]) {
      slack.workspace.answer(method, () => ({ ok: true }));
    }
    const next = mutator(numbers(seed));
    const pool = new Pool(slack.url, { connections: atOnce });
    const answered = new Map<string, number>();
    let left = rounds;

    async function knock(): Promise<void> {
      while (left > 0) {
        left -= 1;
        const { body, form, signed } = next();
        const { statusCode, body: reply } = await pool.request({
          path: "/slack/events",
          method: "POST",
          headers: {
            "content-type": form ? "application/x-www-form-urlencoded" : "application/json",
            ...signedHeaders(body, signed ? {} : { secret: "guessed" }),
          },
          body,
        });
        await reply.dump();
        const outcome = `${signed ? "signed" : "unsigned"} ${statusCode}`;
        answered.set(outcome, (answered.get(outcome) ?? 0) + 1);
      }
    }
    await Promise.all(Array.from({ length: atOnce }, knock));
    await pool.close();

    expect([...answered.keys()].sort()).toEqual(["signed 200", "signed 400", "unsigned 401"]);
    // Some are still whole enough to be heard: a mutator that breaks everything would test little.
    expect(slack.heard.length).toBeGreaterThan(rounds / 20);
    for (const { id, thread, text, at, from } of slack.heard) {
      expect(id).toMatch(/^slack-[A-Z0-9]+-/);
      expect(thread.thread).toMatch(/^[A-Z0-9]+\/[A-Z0-9]+\/[0-9.+]*$/);
      expect(typeof text).toBe("string");
      expect(Number.isFinite(at)).toBe(true);
      expect(from?.person.id).toMatch(/^[A-Z0-9]+$/);
    }
    const heard = slack.heard.length;
    expect((await slack.send(mention())).status).toBe(200);
    expect(slack.heard).toHaveLength(heard + 1);
  });
});
