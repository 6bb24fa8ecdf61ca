import type { SecretReference } from "../../../jobs/secret-reference.ts";
import { asBotError, BotError } from "../../../pipeline/errors.ts";
import type { EpochMs } from "../../../pipeline/types.ts";
import type { ChatMessage, ChatSurface, ThreadRef } from "../../surface.ts";
import { Activity } from "./activity.ts";
import type { TeamsCloud, TeamsConnection } from "./connection.ts";
import { type Endpoint, type EndpointAnswer, endpoint } from "./endpoint.ts";
import { type Received, received } from "./incoming.ts";
import type { TeamsOptions } from "./options.ts";
import { posting } from "./posting.ts";
import { recent } from "./recent.ts";
import { surfaceName, type TeamsThread, teamsThread, threadRef } from "./thread-key.ts";

/** Which question a posted message answers: Teams' thumbs name the message only. */
export interface AnsweredMessages {
  save(messageKey: string, questionId: string): Promise<void>;
  find(messageKey: string): Promise<string | null>;
}

export interface TeamsSurfaceOptions {
  readonly options: TeamsOptions;
  /** Throws BotError "config-invalid" where the secret is not there. */
  readonly readSecret: (reference: SecretReference) => string;
  /** Where a message names no zone of its writer. */
  readonly timeZone: string;
  readonly now: () => EpochMs;
  /** Kept over a restart where it is given; else thumbs under older answers are not counted. */
  readonly answered?: AnsweredMessages;
  /** Whose tokens are believed, where it is not Microsoft's cloud of the options. */
  readonly cloud?: TeamsCloud;
  readonly requestTimeoutMs?: number;
}

export interface TeamsSurface extends ChatSurface {
  /** The port, once it listens. */
  listening(): Promise<number>;
}

const defaultRequestTimeoutMs = 15_000;
const rememberedChats = 1_000;
const rememberedAnswers = 5_000;
/** So long clients go on showing a sign of typing. */
const typingShowsMs = 3_000;
/** Who has joined a chat meanwhile is seen after so long. */
const membersHoldMs = 600_000;
const loopback = "127.0.0.1";
const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Microsoft Teams as a place to ask: personal chats, group chats and threads of channels. Answers are
 * posted apart from what was received, from any process that has the thread.
 *
 * Teams cannot be searched for what an earlier try may have posted: a first message whose answer got lost
 * with its process may stand there twice. Everything after it is an update, which may be done again.
 */
export function teamsSurface(given: TeamsSurfaceOptions): TeamsSurface {
  const { options, now, timeZone } = given;
  const connection = connectionFor(given);
  const answered = given.answered ?? rememberingAnswers();
  const messages = posting({
    connection,
    onAnswer: (thread, id, questionId) => answered.save(answerKey(thread, id), questionId),
    streaming: options.streaming,
    now,
  });
  const typing = recent<EpochMs>(rememberedChats);
  const shared = recent<{ readonly at: EpochMs; readonly isShared: boolean }>(rememberedChats);
  let open: Endpoint | null = null;
  let stopping = false;
  const listening = deferred<number>();
  const over = deferred<void>();

  async function answer(
    body: unknown,
    authorization: string,
    onMessage: (message: ChatMessage) => Promise<void>,
  ): Promise<EndpointAnswer> {
    const activity = Activity.safeParse(body).data;
    if (activity === undefined) return { status: 400, body: null };
    if (!isAllowed(activity, options)) return { status: 403, body: null };
    try {
      if (!(await (await connection()).authenticates(activity, authorization)))
        return { status: 401, body: null };
    } catch (error) {
      if (asBotError(error)?.code !== "chat-unavailable") throw error;
      return { status: 503, body: null };
    }
    const what = await received(activity, {
      now,
      timeZone,
      allowBots: options.allowBots,
      questionOf: (id, thread) => answered.find(answerKey(thread, id)),
    });
    return heard(what, onMessage);
  }

  async function heard(
    what: Received,
    onMessage: (message: ChatMessage) => Promise<void>,
  ): Promise<EndpointAnswer> {
    switch (what.kind) {
      case "unknown-invoke":
        return { status: 501, body: null };
      case "nothing":
        return { status: 200, body: what.reply };
      case "message":
        await onMessage(what.message);
        if (what.isTyped) showTyping(what.message.thread);
        return { status: 200, body: what.reply };
    }
  }

  /** Channels show none. Nobody waits for it, and nobody misses it. */
  function showTyping(ref: ThreadRef): void {
    const thread = teamsThread(ref);
    const shown = typing.get(thread.conversation) ?? Number.NEGATIVE_INFINITY;
    if (thread.kind === "channel" || now() - shown < typingShowsMs) return;
    typing.set(thread.conversation, now());
    connection()
      .then((teams) => teams.send(thread, { type: "typing" }))
      .catch(() => undefined);
  }

  /** Whether somebody is a guest, or belongs to another organisation. */
  async function isStranger(thread: TeamsThread, personId: string): Promise<boolean> {
    const { isGuest, tenant } = await (await connection()).member(thread, personId);
    const home = options.tenantId ?? thread.tenant;
    return isGuest || (tenant !== null && home !== null && tenant !== home);
  }

  /** Whether people of other organisations read along. Asked once in a while: teams can be large. */
  async function isShared(thread: TeamsThread): Promise<boolean> {
    if (thread.kind === "direct") return false;
    const key = thread.conversation.replace(/;messageid=.*$/i, "");
    const known = shared.get(key);
    if (known !== undefined && now() - known.at < membersHoldMs) return known.isShared;
    const home = options.tenantId ?? thread.tenant;
    const tenants = await (await connection()).tenants(thread);
    const isShared = [...tenants].some((tenant) => home !== null && tenant !== home);
    shared.set(key, { at: now(), isShared });
    return isShared;
  }

  /** What Teams does not let us see is taken for the worse: strangers write, strangers read along. */
  async function unlessRefused(told: Promise<boolean>): Promise<boolean> {
    try {
      return await told;
    } catch (error) {
      if (asBotError(error)?.code === "chat-refused") return !options.emulator;
      throw error;
    }
  }

  return {
    name: surfaceName,
    canAsk: true,
    listening: () => listening.promise,
    async start(onMessage) {
      const { port, path, emulator } = options;
      await connection();
      const host = emulator ? loopback : options.host;
      try {
        open = await endpoint({
          host,
          port,
          path,
          answer: (body, authorization) => answer(body, authorization, onMessage),
        });
        listening.resolve(open.port);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const cannot = new BotError(
          "config-invalid",
          `The endpoint for Teams cannot listen on ${host}:${port} (${why}). Change teams.host or teams.port.`,
          { cause: error },
        );
        listening.reject(cannot);
        throw cannot;
      }
      // Stopped while it was opened: there is nobody else to close it.
      if (stopping) await open.stop();
      await over.promise;
    },
    async complete(message) {
      if (message.from === null) return message;
      const { person, place } = message.from;
      const thread = teamsThread(message.thread);
      const isGuest = person.isGuest || (await unlessRefused(isStranger(thread, person.id)));
      const readAlong = place.isShared || (await unlessRefused(isShared(thread)));
      return {
        ...message,
        from: { person: { ...person, isGuest }, place: { ...place, isShared: readAlong } },
      };
    },
    rootOf(ref) {
      const thread = teamsThread(ref);
      return threadRef({ ...thread, conversation: thread.conversation.split(";")[0] ?? "" });
    },
    post: (ref, reply, { key }) => messages.post(ref, reply, key),
    update: (message, reply, { key }) => messages.update(message, reply, key),
    async stop() {
      stopping = true;
      over.resolve();
      await open?.stop();
    },
  };
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise that is kept from outside; nobody has to wait for it. */
function deferred<Value>(): Deferred<Value> {
  let settle: Pick<Deferred<Value>, "resolve" | "reject"> | null = null;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return {
    promise,
    resolve: (value) => settle?.resolve(value),
    reject: (error) => settle?.reject(error),
  };
}

/** The SDK takes a second and tens of megabytes to load: only who talks to Teams waits for it. */
function connectionFor({
  options: { appId, tenantId, secret, type, cloud: cloudName },
  readSecret,
  cloud,
  requestTimeoutMs = defaultRequestTimeoutMs,
}: TeamsSurfaceOptions): () => Promise<TeamsConnection> {
  const identity =
    appId === undefined || secret === undefined
      ? null
      : {
          appId,
          tenantId: type === "single-tenant" ? (tenantId ?? null) : null,
          secret: () => readSecret(secret),
        };
  let opened: Promise<TeamsConnection> | null = null;
  return () => {
    opened ??= import("./connection.ts").then(({ teamsConnection }) =>
      teamsConnection({ identity, cloud: cloud ?? cloudName, requestTimeoutMs }),
    );
    return opened;
  };
}

/** Other channels, other organisations, and with the emulator other machines, have no business here. */
function isAllowed(
  { channelId, serviceUrl, conversation, channelData }: Activity,
  { emulator, type, tenantId }: TeamsOptions,
): boolean {
  if (channelId !== "msteams") return false;
  if (emulator) return isLoopback.test(new URL(serviceUrl).hostname);
  const tenant = conversation.tenantId ?? channelData?.tenant?.id;
  return type === "multi-tenant" || tenant === undefined || tenant === tenantId;
}

function answerKey({ conversation }: TeamsThread, messageId: string): string {
  return `${conversation.replace(/;messageid=.*$/i, "")} ${messageId}`;
}

function rememberingAnswers(): AnsweredMessages {
  const questions = recent<string>(rememberedAnswers);
  return {
    save: async (messageKey, questionId) => questions.set(messageKey, questionId),
    find: async (messageKey) => questions.get(messageKey) ?? null,
  };
}
