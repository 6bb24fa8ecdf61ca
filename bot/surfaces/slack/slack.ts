import { once } from "node:events";
import { z } from "zod";
import type { SecretReference } from "../../../jobs/secret-reference.ts";
import type { InstallationStore } from "../../../jobs/store.ts";
import { BotError } from "../../../pipeline/errors.ts";
import type { EpochMs } from "../../../pipeline/types.ts";
import type { ReadHome } from "../../home.ts";
import type { ChatMessage, ChatSurface } from "../../surface.ts";
import { assistant } from "./assistant.ts";
import { type ApiOptions, installer, runSocket, slackApi, type TokenOf } from "./bolt.ts";
import { correctionView } from "./correction.ts";
import { homeView } from "./home-view.ts";
import { type HttpOptions, openHttp } from "./http.ts";
import type { SlackOptions } from "./options.ts";
import { people } from "./people.ts";
import { poster } from "./post.ts";
import { type Incoming, readPayload } from "./read-payload.ts";
import { scopes } from "./scopes.ts";
import { slackThread, threadRef } from "./slack-thread.ts";

export interface SlackSurfaceOptions {
  readonly options: SlackOptions;
  /** Read when it is used, so that a rotated file is followed. */
  readonly readSecret: (reference: SecretReference) => string;
  /** Where workspaces install the app by themselves: their tokens. */
  readonly installations?: InstallationStore;
  readonly readHome: ReadHome;
  readonly now: () => EpochMs;
}

export interface SlackSurface extends ChatSurface {
  /** The port, once Slack can reach it; null in Socket Mode. Rejects with what keeps it from starting. */
  listening(): Promise<number | null>;
}

const Done = z.object({ ok: z.boolean() });

/**
 * Slack as a place to ask. Messages are read from what Slack sent alone, handed over, and only then
 * acknowledged. `start` resolves after `stop`; a process that only posts never starts it.
 */
export function slackSurface(surface: SlackSurfaceOptions): SlackSurface {
  const { options, readSecret, installations, readHome, now } = surface;
  const api: ApiOptions = { url: options.apiUrl, timeoutMs: options.timeoutSeconds * 1_000 };
  const call = slackApi(api, tokensOf(surface));
  const posts = poster(call);
  const writers = people(call, posts, now);
  const helper = assistant(call);
  /** What goes on beside the acknowledgement. */
  const besides = new Set<Promise<void>>();
  const stopping = new AbortController();
  const listening = deferred<number | null>();
  let running = Promise.resolve();

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
        await installations?.remove(incoming.team);
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

  /** Until it is stopped. */
  async function reach(taking: HttpOptions["take"]): Promise<void> {
    const { appToken, http } = options;
    if (http !== undefined) return serve(http, taking);
    if (appToken === undefined) throw new Error("SlackOptions lets nothing through that names no way");
    await runSocket({
      api,
      appToken: readSecret(appToken),
      take: taking,
      onConnected: () => listening.resolve(null),
      signal: stopping.signal,
    });
  }

  async function serve(http: NonNullable<SlackOptions["http"]>, taking: HttpOptions["take"]) {
    const door = await openHttp({
      ...http,
      signingSecret: () => readSecret(http.signingSecret),
      now,
      take: taking,
      page: pagesOf(surface, api),
    });
    listening.resolve(door.port);
    if (!stopping.signal.aborted) await once(stopping.signal, "abort");
    await door.close();
  }

  return {
    name: "slack",
    canAsk: true,
    listening: () => listening.promise,
    async start(onMessage) {
      running = reach((body) => take(body, onMessage));
      running.catch(listening.reject);
      await running;
    },
    complete: (message) => writers.complete(message),
    rootOf: (thread) => threadRef({ ...slackThread(thread), root: "" }),
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
    takeBack: (message, standing) => posts.takeBack(message, standing),
    async stop() {
      stopping.abort();
      await Promise.allSettled([running, ...besides]);
    },
  };
}

function tokensOf({ options: { botToken }, readSecret, installations }: SlackSurfaceOptions): TokenOf {
  return async (team) => {
    if (botToken !== undefined) return readSecret(botToken);
    const installed = await installations?.load(team);
    if (installed !== null && installed !== undefined) return installed.token;
    throw new BotError(
      "chat-refused",
      `The Slack workspace ${team} has not installed the app. Open /slack/install at its address.`,
    );
  };
}

/** The pages where a workspace installs the app; null where one workspace is served by its token. */
function pagesOf(
  { options: { oauth }, readSecret, installations, now }: SlackSurfaceOptions,
  api: ApiOptions,
): HttpOptions["page"] {
  if (oauth === undefined || installations === undefined) return null;
  return installer({
    api,
    clientId: oauth.clientId,
    clientSecret: readSecret(oauth.clientSecret),
    stateSecret: readSecret(oauth.stateSecret),
    redirectUrl: oauth.redirectUrl,
    scopes,
    now,
    keep: (installed) => installations.save(installed),
  });
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Who never asks is not to be ended by what `start` throws anyway.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
