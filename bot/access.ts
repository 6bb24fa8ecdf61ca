import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { BotError } from "../pipeline/errors.ts";
import type { IncidentSummary } from "../pipeline/incident-summary.ts";
import { fits } from "../pipeline/permitted.ts";
import type { Permitted } from "../pipeline/types.ts";
import type { AccessOptions, AccessRule } from "./access-options.ts";
import { knownServices } from "./follow-up/previous-answer.ts";
import type { Sender } from "./surface.ts";

/** What somebody may see and do where they write. */
export type Permission = Refused | Allowed;

export interface Refused {
  readonly verdict: "refused";
  /** What is refused, and what to do about it: two sentences. */
  readonly reason: string;
  /** Not even a refusal is sent: the other side is a program, which might answer it. */
  readonly isSilent: boolean;
}

export interface Allowed {
  readonly verdict: "allowed";
  /** Goes with the question; null: everything. */
  readonly permitted: Permitted | null;
  readonly mayOperate: boolean;
}

const everything: Allowed = { verdict: "allowed", permitted: null, mayOperate: true };

/**
 * What a sender may see, by the rules of the configuration. Nothing, where there is no configuration of it, or
 * no rule that fits; the first that fits decides. The operator at a terminal of this machine sees everything.
 */
export function permissionFor(
  sender: Sender | null,
  surface: string,
  access: AccessOptions | undefined,
): Permission {
  if (sender === null) return everything;
  const { person, place } = sender;
  if (access === undefined) {
    return refused(
      sender,
      "Nobody has said yet what may be seen from this chat. An operator can: access: open, or rules, in the configuration (docs/access.md).",
    );
  }
  const special = specialIn(sender);
  if (access === "open") return special === null ? everything : refused(sender, specialWords[special]);
  const near = access.rules.filter((rule) => isFor(rule, sender, surface));
  const rule = near.find((one) => admits(one, sender));
  if (rule !== undefined) {
    const services = servicesOf(rule);
    const sources = rule.sources ?? null;
    return {
      verdict: "allowed",
      permitted: services === null && sources === null ? null : { services, sources },
      mayOperate: isOperator(access.operators, sender, surface),
    };
  }
  if (near.length > 0 && special !== null) return refused(sender, specialWords[special]);
  const team = place.team === null ? "" : `team ${place.team}, `;
  return refused(
    sender,
    `Nothing may be seen ${placeWords[place.kind]}. An operator can add a rule under access in the configuration: ${surface}, ${team}channel ${place.channel}; you are ${person.id}.`,
  );
}

/** Throws: BotError "access-denied" where nothing may be seen. */
export function allowed(permission: Permission): Allowed {
  if (permission.verdict === "allowed") return permission;
  throw new BotError("access-denied", permission.reason);
}

/**
 * For what only operators may do, in words such as "forget answers".
 *
 * Throws: BotError "access-denied".
 */
export function checkOperator({ mayOperate }: Allowed, sender: Sender | null, what: string): void {
  if (mayOperate) return;
  const id = sender === null ? "" : ` (${sender.person.id})`;
  throw new BotError(
    "access-denied",
    `Only operators may ${what}. Ask one of them, or for your id${id} to be added to access.operators in the configuration.`,
  );
}

/**
 * Whether a saved answer may be shown, or asked about, with this permission. An answer may quote what its
 * services wrote, so it is shown only where at least as much may be seen as where it was asked.
 */
export function mayShow(made: Diagnosis | IncidentSummary, permission: Permission): boolean {
  if (permission.verdict === "refused") return false;
  if (permission.permitted === null) return true;
  const { services, sources } = permission.permitted;
  const then = made.question.permitted;
  const isCovered = (inner: readonly string[] | null | undefined, outer: readonly string[] | null) =>
    // A star in a pattern is a character like any other to a star that covers it.
    outer === null || inner?.every((one) => fits(one, outer)) === true;
  const isWithin = isCovered(then?.services, services) && isCovered(then?.sources, sources);
  const names = "verdict" in made ? servicesNamed(made) : servicesSummed(made);
  return isWithin && names.every((name) => fits(name, services));
}

function servicesNamed(diagnosis: Diagnosis): string[] {
  const { propagation, incidents = [], earlier, rankings } = diagnosis;
  const spread = propagation == null ? [] : [propagation.origin, ...propagation.path];
  const victims = propagation?.victims.flatMap(({ service, waitsFor }) => [service, waitsFor]) ?? [];
  const waitedFor = rankings.flatMap(({ candidates }) =>
    candidates.flatMap(({ waitsFor }) => waitsFor ?? []),
  );
  return [
    ...knownServices(diagnosis),
    ...spread,
    ...victims,
    ...waitedFor,
    ...incidents.flatMap((one) => one.services),
    ...earlier.map(({ service }) => service),
  ];
}

function servicesSummed({ scope, incidents, recurrences }: IncidentSummary): string[] {
  const named = incidents.flatMap(({ causes, metrics, evidence }) => [...causes, ...metrics, ...evidence]);
  return [...scope.services, ...[...named, ...recurrences].map(({ service }) => service)];
}

function isFor({ teams, channels, users, kinds, surface: on }: AccessRule, sender: Sender, surface: string) {
  const { person, place } = sender;
  return (
    (on === undefined || on === surface) &&
    (teams === undefined || (place.team !== null && teams.includes(place.team))) &&
    (channels === undefined || channels.includes(place.channel)) &&
    (users === undefined || users.includes(person.id)) &&
    (kinds === undefined || kinds.includes(place.kind))
  );
}

function admits({ guests, shared, bots }: AccessRule, { person, place }: Sender): boolean {
  return (guests || !person.isGuest) && (shared || !place.isShared) && (bots || !person.isBot);
}

const specialWords = {
  bot: "Programs may ask nothing here. An operator can allow them with bots: true in a rule under access.",
  guest:
    "Guests may see nothing here. Ask a member to ask for you, or an operator for a rule with guests: true under access.",
  shared:
    "Other organisations read along in this channel, so nothing may be seen in it. Ask in a channel of your own, or an operator for a rule with shared: true under access.",
};

function specialIn({ person, place }: Sender): keyof typeof specialWords | null {
  if (person.isBot) return "bot";
  if (person.isGuest) return "guest";
  return place.isShared ? "shared" : null;
}

const placeWords = {
  direct: "in messages to the bot",
  group: "in this group",
  channel: "in this channel",
} as const;

/** Null: all of them. A service of a namespace is called NAMESPACE/NAME. */
function servicesOf({ services, namespaces = [] }: AccessRule): string[] | null {
  if (services === "all") return null;
  return [...(services ?? []), ...namespaces.map((namespace) => `${namespace}/*`)];
}

function isOperator(
  operators: Exclude<AccessOptions, "open">["operators"],
  { person, place }: Sender,
  surface: string,
): boolean {
  return operators.some((one) =>
    typeof one === "string"
      ? one === person.id
      : one.user === person.id &&
        one.surface === surface &&
        (one.team === undefined || one.team === place.team),
  );
}

function refused({ person }: Sender, reason: string): Refused {
  return { verdict: "refused", reason, isSilent: person.isBot };
}
