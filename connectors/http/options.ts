import { z } from "zod";
import { SecretReference } from "../../jobs/secret-reference.ts";

/**
 * The secret that a reference means. Called for every request, so that a rotated file is followed.
 *
 * Throws: BotError "config-invalid" when it is not there; the message names the variable or file.
 */
export type ReadSecret = (reference: SecretReference) => string;

/** A certificate or key in PEM; `file` is relative to the configuration. */
const PemFile = z.strictObject({ file: z.string().min(1) });

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === "");
}

/** What every source over HTTP can be told; a connector spreads it into its own options schema. */
export const httpOptions = {
  /** Where the backend's own paths begin, with a base path where there is one (Grafana's data-source proxy). */
  url: z.string().refine(isPlainUrl, {
    error: 'must be a URL such as "https://prometheus.example.com:9090", without password, "?" and "#"',
  }),
  auth: z
    .strictObject({
      /** "Authorization: Bearer …" */
      bearer: SecretReference.optional(),
      basic: z.strictObject({ username: z.string().min(1), password: SecretReference }).optional(),
      /** "Authorization: ApiKey …", as Elasticsearch wants it. */
      apiKey: SecretReference.optional(),
    })
    .refine((ways) => Object.values(ways).filter((way) => way !== undefined).length === 1, {
      error: "must name exactly one of bearer, basic and apiKey",
    })
    .optional(),
  /** "X-Scope-OrgID" of Mimir, Loki and Tempo. */
  tenant: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be printable, without spaces")
    .optional(),
  /** Any other header; one with a secret names it as `{ env: NAME }` or `{ file: PATH }`. */
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9-]+$/),
      z.union([z.string().regex(/^[\x20-\x7e]*$/), SecretReference], {
        error: "must be text, or { env: NAME } or { file: PATH }",
      }),
    )
    .optional(),
  tls: z
    .strictObject({
      /** Trusted instead of the system's authorities. */
      ca: PemFile.optional(),
      /** The client's certificate and key, for servers that ask for one. */
      certificate: PemFile.optional(),
      key: PemFile.optional(),
    })
    .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
      error: "certificate and key belong together",
    })
    .optional(),
  /** One request with all its retries is given up after so long. */
  timeoutSeconds: z.number().positive().max(600).default(30),
  /** Requests at once. */
  concurrency: z.number().int().min(1).max(64).default(8),
  /** A longer answer is not read to its end. */
  maxAnswerMegabytes: z.number().positive().max(1_024).default(128),
} as const;

const HttpOptions = z.strictObject(httpOptions);
export type HttpOptions = z.infer<typeof HttpOptions>;
