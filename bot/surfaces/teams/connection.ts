import {
  type Activity,
  CloudAdapter,
  ConfigurationServiceClientCredentialFactory,
  type ConversationReference,
  TeamsInfo,
  type TurnContext,
} from "botbuilder";
import {
  AuthenticationConfiguration,
  AuthenticationConstants,
  AuthenticationError,
  BotFrameworkAuthenticationFactory,
  GovernmentConstants,
  type ServiceClientCredentialsFactory,
} from "botframework-connector";
import { Entity } from "botframework-connector/lib/connectorApi/models/mappers.js";
import { z } from "zod";
import { asBotError, BotError } from "../../../pipeline/errors.ts";
import type { Activity as ReceivedActivity } from "./activity.ts";
import { connectorHttp } from "./connector-http.ts";
import type { TeamsThread } from "./thread-key.ts";

/** Whose tokens are believed, and which are asked for. */
export interface TeamsCloud {
  readonly issuer: string;
  readonly openIdMetadataUrl: string;
  readonly scope: string;
  readonly loginUrl: string;
  readonly oAuthUrl: string;
}

export const clouds: Readonly<Record<"public" | "us-government", TeamsCloud>> = {
  public: {
    issuer: AuthenticationConstants.ToBotFromChannelTokenIssuer,
    openIdMetadataUrl: AuthenticationConstants.ToBotFromChannelOpenIdMetadataUrl,
    scope: AuthenticationConstants.ToChannelFromBotOAuthScope,
    loginUrl: AuthenticationConstants.ToChannelFromBotLoginUrl,
    oAuthUrl: AuthenticationConstants.OAuthUrl,
  },
  "us-government": {
    issuer: GovernmentConstants.ToBotFromChannelTokenIssuer,
    openIdMetadataUrl: GovernmentConstants.ToBotFromChannelOpenIdMetadataUrl,
    scope: GovernmentConstants.ToChannelFromBotOAuthScope,
    loginUrl: GovernmentConstants.ToChannelFromBotLoginUrl,
    oAuthUrl: GovernmentConstants.OAuthUrl,
  },
};

export interface ConnectionOptions {
  /** null: no authentication in either direction. */
  readonly identity: {
    readonly appId: string;
    readonly tenantId: string | null;
    /** Asked for each time it is used, so that a rotated secret is followed. */
    readonly secret: () => string;
  } | null;
  readonly cloud: TeamsCloud | keyof typeof clouds;
  readonly requestTimeoutMs: number;
}

/** What goes to Teams; the connection adds where and from whom. */
export type Outgoing = Partial<Activity>;

export interface Member {
  readonly isGuest: boolean;
  readonly tenant: string | null;
}

export interface TeamsConnection {
  /** Whether the activity comes from Teams: token, issuer, audience, expiry and service URL. Throws BotError when that cannot be told now. */
  authenticates(activity: ReceivedActivity, authorization: string): Promise<boolean>;
  /** Returns the message's id. This and all below throw BotError "chat-unavailable" and "chat-refused". */
  send(thread: TeamsThread, outgoing: Outgoing): Promise<string>;
  update(thread: TeamsThread, id: string, outgoing: Outgoing): Promise<void>;
  remove(thread: TeamsThread, id: string): Promise<void>;
  member(thread: TeamsThread, personId: string): Promise<Member>;
  /** The organisations of all members, those that are not told left out. */
  tenants(thread: TeamsThread): Promise<ReadonlySet<string>>;
}

/** The vendor's SDK, and the only file that knows it. */
export function teamsConnection({
  identity,
  cloud: named,
  requestTimeoutMs,
}: ConnectionOptions): TeamsConnection {
  const cloud = typeof named === "string" ? clouds[named] : named;
  // Without this the SDK drops every field of an entity that it does not know, and with them the label
  // "AI generated", the citations and streams.
  Object.assign(Entity.type, { additionalProperties: { type: { name: "any" } } });
  let current: { readonly secret: string; readonly adapter: CloudAdapter } | null = null;

  function adapter(): CloudAdapter {
    const secret = identity?.secret() ?? "";
    if (current?.secret !== secret) current = { secret, adapter: adapterWith(secret) };
    return current.adapter;
  }

  function adapterWith(secret: string): CloudAdapter {
    return new CloudAdapter(authentication(credentialsFor(secret)));
  }

  function credentialsFor(secret: string): ServiceClientCredentialsFactory {
    if (identity === null) return new ConfigurationServiceClientCredentialFactory({});
    const { appId, tenantId } = identity;
    return new ConfigurationServiceClientCredentialFactory({
      MicrosoftAppId: appId,
      MicrosoftAppPassword: secret,
      ...(tenantId === null
        ? { MicrosoftAppType: "MultiTenant" }
        : { MicrosoftAppType: "SingleTenant", MicrosoftAppTenantId: tenantId }),
    });
  }

  function authentication(credentials: ServiceClientCredentialsFactory) {
    const nothing = "";
    return BotFrameworkAuthenticationFactory.create(
      nothing,
      true,
      cloud.loginUrl,
      cloud.scope,
      cloud.issuer,
      cloud.oAuthUrl,
      cloud.openIdMetadataUrl,
      // Tokens of the emulator are ones that an Entra application made out to itself; none of those is Teams.
      nothing,
      nothing,
      credentials,
      new AuthenticationConfiguration(),
      undefined,
      { httpClient: connectorHttp(requestTimeoutMs) },
    );
  }

  /** Runs `work` in the thread; what the SDK throws comes out as a BotError. */
  async function within<Result>(
    thread: TeamsThread,
    work: (adapter: CloudAdapter, context: TurnContext) => Promise<Result>,
  ): Promise<Result> {
    const results: Result[] = [];
    const used = adapter();
    try {
      await used.continueConversationAsync(identity?.appId ?? "", referenceTo(thread), async (context) => {
        results.push(await work(used, context));
      });
    } catch (error) {
      throw translated(error);
    }
    const [result] = results;
    if (result === undefined) throw new Error("the SDK did not run what it was given");
    return result;
  }

  return {
    async authenticates({ channelId, serviceUrl }, authorization) {
      if (identity === null) return true;
      // The SDK would also believe what Entra makes out for an application of its own accord.
      if (issuerIn(authorization) !== cloud.issuer) return false;
      try {
        const { claimsIdentity } = await authentication(
          credentialsFor(identity.secret()),
        ).authenticateRequest({ ...emptyActivity, channelId, serviceUrl }, authorization);
        return claimsIdentity.isAuthenticated;
      } catch (error) {
        if (isTokenError(error)) return false;
        throw new BotError(
          "chat-unavailable",
          "The keys of Teams' tokens cannot be fetched. It is tried again.",
          {
            cause: error,
          },
        );
      }
    },
    async send(thread, outgoing) {
      return within(thread, async (used, context) => {
        const [sent] = await used.sendActivities(context, [addressed(thread, outgoing)]);
        return sent?.id ?? "";
      });
    },
    async update(thread, id, outgoing) {
      await within(thread, (used, context) =>
        used.updateActivity(context, { ...addressed(thread, outgoing), id }).then(() => true),
      );
    },
    async remove(thread, id) {
      await within(thread, (used, context) =>
        used.deleteActivity(context, { ...referenceTo(thread), activityId: id }).then(() => true),
      );
    },
    async tenants(thread) {
      return within(withoutMessage(thread), async (_used, context) => {
        const found = new Set<string>();
        let page: string | undefined;
        do {
          const { members, continuationToken } = await TeamsInfo.getPagedMembers(
            context,
            membersAtOnce,
            page,
          );
          for (const { tenantId } of members) if (tenantId !== undefined) found.add(tenantId);
          page = continuationToken;
        } while (page !== undefined && page !== "");
        return found;
      });
    },
    async member(thread, personId) {
      return within(withoutMessage(thread), async (_used, context) => {
        const found = await TeamsInfo.getMember(context, personId);
        return {
          isGuest: found.userRole === "guest" || found.userRole === "anonymous",
          tenant: found.tenantId ?? null,
        };
      });
    },
  };
}

function referenceTo({ serviceUrl, conversation, kind, bot, tenant }: TeamsThread): ConversationReference {
  return {
    channelId,
    serviceUrl,
    bot: { id: bot, name: "" },
    conversation: {
      id: conversation,
      name: "",
      isGroup: kind !== "direct",
      conversationType: { direct: "personal", group: "groupChat", channel: "channel" }[kind],
      ...(tenant === null ? {} : { tenantId: tenant }),
    },
  };
}

/** Members belong to the channel and not to a thread in it. */
function withoutMessage(thread: TeamsThread): TeamsThread {
  return { ...thread, conversation: thread.conversation.replace(/;messageid=.*$/i, "") };
}

/** Without `replyToId`, with which the SDK would answer an activity that it made up. */
function addressed(thread: TeamsThread, outgoing: Outgoing): Outgoing {
  const { serviceUrl, conversation, bot } = referenceTo(thread);
  return { channelId, serviceUrl, conversation, from: bot, ...outgoing };
}

const channelId = "msteams";
/** The most that Teams gives in a page. */
const membersAtOnce = 500;
const nobody = { id: "", name: "" };
/** The SDK wants a whole activity, and reads two fields of it. */
const emptyActivity: Activity = {
  type: "message",
  channelId: "",
  serviceUrl: "",
  from: nobody,
  recipient: nobody,
  conversation: { ...nobody, isGroup: false, conversationType: "" },
  text: "",
  label: "",
  valueType: "",
  localTimezone: "",
  callerId: "",
  listenFor: [],
};

const TokenPayload = z.object({ iss: z.string() });

/** Whom the token says it is from; nothing of it is verified yet. */
function issuerIn(authorization: string): string | null {
  const payload = /^Bearer [\w-]+\.([\w-]+)\.[\w-]+$/.exec(authorization)?.[1];
  if (payload === undefined) return null;
  try {
    const text = Buffer.from(payload, "base64url").toString("utf8");
    return TokenPayload.safeParse(JSON.parse(text)).data?.iss ?? null;
  } catch {
    return null;
  }
}

/** Whether it is the token that is wrong, and not what it is checked with. */
function isTokenError(error: unknown): boolean {
  if (error instanceof AuthenticationError) return Number(error.statusCode) < 500;
  return error instanceof Error && /^(JsonWebTokenError|TokenExpiredError|NotBeforeError)$/.test(error.name);
}

/** Entra's answers to a client whose secret, id or tenant is wrong. */
const refusedByEntra =
  /^(invalid_client|unauthorized_client|invalid_request|invalid_grant|invalid_resource)$/;

function translated(error: unknown): unknown {
  const known = asBotError(error);
  if (known !== null) return known;
  if (!(error instanceof Error && "errorCode" in error)) return error;
  const code = String(error.errorCode);
  if (refusedByEntra.test(code)) {
    return new BotError(
      "chat-refused",
      `Entra gives the bot no token (${code}). Check teams.appId, teams.tenantId and teams.secret in the configuration.`,
      { cause: error },
    );
  }
  return new BotError("chat-unavailable", `Entra gives the bot no token now (${code}). It is tried again.`, {
    cause: error,
  });
}
