import { z } from "zod";
import { SecretReference } from "../../../jobs/secret-reference.ts";

const Guid = z.guid({ error: 'must be an id such as "11111111-2222-3333-4444-555555555555"' });

/** How the bot is known to Teams, and where it listens; docs/TEAMS.md tells how to get each of these. */
export const TeamsOptions = z
  .strictObject({
    /** Microsoft App ID of the bot registration. */
    appId: Guid.optional(),
    /** The Entra tenant of the registration. */
    tenantId: Guid.optional(),
    /** A bot of one organisation, which is what Azure registers, or an older one of several. */
    type: z.enum(["single-tenant", "multi-tenant"]).default("single-tenant"),
    /** The client secret of the registration. */
    secret: SecretReference.optional(),
    /** `us-government` for GCC High and DoD. */
    cloud: z.enum(["public", "us-government"]).default("public"),
    /** Teams needs a public https address: a proxy or tunnel in front of this. */
    host: z.string().min(1).default("0.0.0.0"),
    port: z.number().int().min(0).max(65_535).default(3_978),
    path: z
      .string()
      .regex(/^\/[\w./-]*$/, 'must be a path such as "/api/messages"')
      .default("/api/messages"),
    /** Whether messages of other bots are heard. */
    allowBots: z.boolean().default(false),
    /** Whether personal chats show progress as Teams' own line under the chat; without a button to stop. */
    streaming: z.boolean().default(false),
    /** Without any authentication, for a local peer; listens on this machine only. */
    emulator: z.boolean().default(false),
  })
  .superRefine(({ emulator, type, ...options }, { addIssue }) => {
    const need = (key: "appId" | "tenantId" | "secret") => {
      if (options[key] !== undefined) return;
      addIssue({ code: "custom", path: [key], message: "is missing; docs/TEAMS.md tells where to find it" });
    };
    const refuse = (key: "appId" | "tenantId" | "secret") => {
      if (options[key] === undefined) return;
      addIssue({ code: "custom", path: [key], message: "does not go together with emulator" });
    };
    if (emulator) {
      for (const key of ["appId", "tenantId", "secret"] as const) refuse(key);
      return;
    }
    need("appId");
    need("secret");
    if (type === "single-tenant") need("tenantId");
  });
export type TeamsOptions = z.infer<typeof TeamsOptions>;
