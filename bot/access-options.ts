import { z } from "zod";
import { fits } from "../pipeline/permitted.ts";
import { allModalities } from "../pipeline/types.ts";

/** Ids as the chat gives them; people write names, which anyone can change and nobody can look up here. */
function ids(what: string, sign: string, where: string) {
  const Id = z
    .string()
    .min(1)
    .refine((id) => !id.startsWith(sign), {
      error: `is the name of a ${what}; write its id, which ${where}`,
    });
  return z.array(Id).min(1).optional();
}

const Patterns = z.array(z.string().min(1)).min(1);

/** Who it is for (all that is given must fit), and what they may see. */
export const AccessRule = z
  .strictObject({
    surface: z.enum(["slack", "teams"]).optional(),
    /** Workspaces, or tenants. */
    teams: ids("workspace", "#", "docs/access.md tells how to find"),
    channels: ids("channel", "#", "the chat shows in the channel's details"),
    users: ids("person", "@", "the chat shows in the person's profile"),
    kinds: z
      .array(z.enum(["direct", "group", "channel"]))
      .min(1)
      .optional(),
    /** Names with `*` for any run of characters. */
    services: z
      .union([z.literal("all"), Patterns], {
        error: 'must be a list of names, or "all"',
      })
      .optional(),
    namespaces: Patterns.optional(),
    /** All where it is not given. */
    sources: Patterns.optional(),
    guests: z.boolean().default(false),
    shared: z.boolean().default(false),
    bots: z.boolean().default(false),
  })
  .refine(({ services, namespaces }) => services !== undefined || namespaces !== undefined, {
    error:
      "does not say what may be seen; add services: all, or the names of services or namespaces that may be",
  });
export type AccessRule = z.infer<typeof AccessRule>;

const Operator = z.union(
  [
    z.string().min(1),
    z.strictObject({
      surface: z.enum(["slack", "teams"]),
      team: z.string().min(1).optional(),
      user: z.string().min(1),
    }),
  ],
  { error: "must be a person's id, or { surface, team, user }" },
);

const AccessRules = z.strictObject({
  /** May also forget, schedule and see the health of the program. */
  operators: z.array(Operator).default([]),
  /** The first that fits decides; where none does, nothing may be seen. */
  rules: z.array(AccessRule).default([]),
});

/** `access` in the configuration: who may see what from a chat. */
export const AccessOptions = z.union([z.literal("open"), AccessRules], {
  error: 'must be "open", or hold operators and rules (docs/access.md)',
});
export type AccessOptions = z.infer<typeof AccessOptions>;

/**
 * Patterns for sources that none of these is called by, and where they stand: probably misspelt. "NAME logs"
 * is the part of a source that gives logs.
 */
export function unknownSources(
  access: AccessOptions | undefined,
  names: readonly string[],
): { readonly path: readonly (string | number)[] }[] {
  // Without any, they come from the command line.
  if (access === undefined || access === "open" || names.length === 0) return [];
  const all = names.flatMap((name) => [name, ...allModalities.map((modality) => `${name} ${modality}s`)]);
  return access.rules.flatMap(({ sources = [] }, rule) =>
    sources.flatMap((pattern, index) =>
      all.some((name) => fits(name, [pattern]))
        ? []
        : [{ path: ["access", "rules", rule, "sources", index] }],
    ),
  );
}

/** `quotas` in the configuration: questions an hour. */
export const QuotaOptions = z.strictObject({
  userPerHour: z.number().int().min(1).max(100_000).default(30),
  channelPerHour: z.number().int().min(1).max(100_000).default(120),
});
export type QuotaOptions = z.infer<typeof QuotaOptions>;
