import { once } from "node:events";
import { z } from "zod";
import { BotError } from "../../../pipeline/errors.ts";
import type { EpochMs } from "../../../pipeline/types.ts";
import type { ReadHome } from "../../home.ts";
import type { SecretReference } from "../../secret-reference.ts";
import type { ChatMessage, ChatSurface } from "../../surface.ts";
import { assistant } from "./assistant.ts";
import { slackApi, type TokenOf } from "./bolt.ts";
import { correctionView } from "./correction.ts";
import { homeView } from "./home-view.ts";
import { openHttp } from "./http.ts";
import type { SlackOptions } from "./options.ts";
import { people } from "./people.ts";
import { poster } from "./post.ts";
import { type Incoming, readPayload } from "./read-payload.ts";
import { slackThread, threadRef } from "./slack-thread.ts";

export interface SlackSurfaceOptions {
  readonly options: SlackOptions;
  /** Read when it is used, so that a rotated file is followed. */
  readonly readSecret: (reference: SecretReference) => string;
  readonly readHome: ReadHome;
  readonly now: () => EpochMs;
  /** Called once Slack can reach it; `port` is null in Socket Mode. */
  readonly onReady?: (port: number | null) => void;
}

const Done = z.object({ ok: z.boolean() });

/**
 * Slack as a place to ask. Messages are read from what Slack sent alone, handed over, and only then
 * acknowledged. `start` resolves after `stop`; a process that only posts never starts it.
 */
export function slackSurface(surface: SlackSurfaceOptions): ChatSurface {
  const { options, readSecret, readHome, now, onReady = () => undefined } = surface;
  const call = slackApi(
    { url: options.apiUrl, timeoutMs: options.timeoutSeconds * 1_000 },
    tokensOf(surface),
  );
  const posts = poster(call);
  const writers = people(call, posts, now);
  const helper = assistant(call);
  /** What goes on beside the acknowledgement. */
  const besides = new Set<Promise<void>>();
  const stopping = new AbortController();

  /** Does something that nobody waits for, and whose failure costs nothing but itself. */
  function beside(work: Promise<void>): void {
    const quiet = work.catch(() => undefined).finally(() => besides.delete(quiet));
    besides.add(quiet);
  }

  async function take(body: unknown, onMessage: (message: ChatMessage) => Promise<void>): Promise<unknown> {
    const incoming = readPayload(body, { allowBots: options.allowBots, now });
    switch (incoming.kind) {
      case "nothing":
        return undefined;
      case "answer":
        return incoming.answer;
      case "message":
        await onMessage(incoming.message);
        beside(helper.working(slackThread(incoming.message.thread), incoming.message.text));
        return incoming.answer;
      case "correct":
        await openCorrection(incoming);
        return undefined;
      case "assistant-opened":
        beside(helper.suggest(incoming.thread));
        return undefined;
      case "home-opened":
        beside(showHome(incoming));
        return undefined;
      case "uninstalled":
        return undefined;
    }
  }

  /** Before the acknowledgement: Slack lets a modal open within three seconds of the press. */
  async function openCorrection({ team, trigger, correction }: Extract<Incoming, { kind: "correct" }>) {
    await call(team, "views.open", { trigger_id: trigger, view: correctionView(correction) }, Done);
  }

  async function showHome({ team, channel, user }: Extract<Incoming, { kind: "home-opened" }>) {
    const place = { team, channel, kind: "direct", isShared: false } as const;
    const { from, timeZone } = await writers.complete({
      id: `slack-${team}-${user}-home`,
      thread: threadRef({ team, channel, root: "" }),
      text: "",
      at: now(),
      timeZone: "UTC",
      from: { person: { id: user, isGuest: true, isBot: false }, place },
      about: null,
    });
    if (from === null) return;
    const view = homeView(await readHome(from, timeZone));
    await call(team, "views.publish", { user_id: user, view }, Done);
  }

  return {
    name: "slack",
    canAsk: true,
    async start(onMessage) {
      const { http } = options;
      if (http === undefined)
        throw new BotError("not-set-up", "Slack is reached over HTTP alone so far. Name slack.http.");
      const door = await openHttp({
        ...http,
        signingSecret: () => readSecret(http.signingSecret),
        now,
        take: (body) => take(body, onMessage),
        page: null,
      });
      onReady(door.port);
      if (!stopping.signal.aborted) await once(stopping.signal, "abort");
      await door.close();
    },
    complete: (message) => writers.complete(message),
    async post(thread, reply, sending) {
      const message = await posts.post(thread, reply, sending);
      if (reply.kind !== "progress") beside(helper.rest(slackThread(thread)));
      return message;
    },
    async update(message, reply, sending) {
      const after = await posts.update(message, reply, sending);
      if (reply.kind !== "progress") beside(helper.rest(slackThread(message.thread)));
      return after;
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(besides);
    },
  };
}

function tokensOf({ options, readSecret }: SlackSurfaceOptions): TokenOf {
  const { botToken } = options;
  return async () => {
    if (botToken === undefined)
      throw new BotError("not-set-up", "One workspace can be served so far. Name slack.botToken.");
    return readSecret(botToken);
  };
}
