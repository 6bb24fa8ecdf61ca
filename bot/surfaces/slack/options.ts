import { z } from "zod";
import { SecretReference } from "../../../jobs/secret-reference.ts";

/** The `slack` block of the configuration; docs/SLACK.md tells of each key. */
export const SlackOptions = z
  .strictObject({
    /** The bot's token (xoxb-…) of the one workspace that it is installed in. */
    botToken: SecretReference.optional(),
    /** Socket Mode: the app's token (xapp-…). Nothing of this machine needs to be reachable from outside. */
    appToken: SecretReference.optional(),
    /** Slack calls this machine: the secret its requests are signed with, and where to listen. */
    http: z
      .strictObject({
        signingSecret: SecretReference,
        host: z.string().min(1).default("0.0.0.0"),
        port: z.number().int().min(0).max(65_535).default(3_000),
      })
      .optional(),
    /** Several workspaces install the app by themselves; their tokens are kept encrypted. */
    oauth: z
      .strictObject({
        clientId: z.string().min(1),
        clientSecret: SecretReference,
        /** Any long random text: signs what a browser carries through the installation. */
        stateSecret: SecretReference,
        /** 32 random bytes in base64 or hexadecimal; tokens are encrypted with it. */
        tokenKey: SecretReference,
        /** Where Slack sends the browser back to: this machine's address and /slack/oauth_redirect. */
        redirectUrl: z.url(),
      })
      .optional(),
    /** Whether other bots may ask. */
    allowBots: z.boolean().default(false),
    /** One call of Slack's is given up after so long. */
    timeoutSeconds: z.number().positive().max(60).default(10),
    /** Another one for Slack's government cloud. */
    apiUrl: z.url().default("https://slack.com/api/"),
  })
  .refine(({ appToken, http }) => (appToken === undefined) !== (http === undefined), {
    error: "must name either appToken (Socket Mode) or http",
  })
  .refine(({ botToken, oauth }) => (botToken === undefined) !== (oauth === undefined), {
    error: "must name either botToken (one workspace) or oauth (several)",
  })
  .refine(({ oauth, http }) => oauth === undefined || http !== undefined, {
    error: "oauth needs http: the browser comes back to this machine",
  });
export type SlackOptions = z.infer<typeof SlackOptions>;
