import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import type { InstallationStore } from "../../jobs/store.ts";
import { BotError } from "../../pipeline/errors.ts";

/** What the store asks of a Redis client. */
interface RedisKeys {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  del(key: string): Promise<number>;
}

export interface RedisInstallationsOptions {
  /** Starts every key. */
  readonly prefix: string;
  /** 32 bytes in hexadecimal or base64, read when it is used. */
  readonly key: () => string;
}

const Installation = z.object({
  team: z.string(),
  teamName: z.string(),
  token: z.string(),
  installedAt: z.number(),
});

const algorithm = "aes-256-gcm";
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Installations in Redis, encrypted with AES-256-GCM: who reads the database has no token. Each is bound to
 * its own key, so that none can be put in the place of another.
 *
 * Throws: BotError "config-invalid" when the key is no 32 bytes; "not-set-up" when what is saved was
 *         encrypted with another one; what the client throws.
 */
export function redisInstallations(redis: RedisKeys, options: RedisInstallationsOptions): InstallationStore {
  const keyOf = (team: string) => `${options.prefix}:installation:${encodeURIComponent(team)}`;

  return {
    async save(installation) {
      const at = keyOf(installation.team);
      await redis.set(at, sealed(JSON.stringify(installation), readKey(options.key()), at));
    },
    async load(team) {
      const at = keyOf(team);
      const saved = await redis.get(at);
      return saved === null
        ? null
        : Installation.parse(JSON.parse(opened(saved, readKey(options.key()), at)));
    },
    async remove(team) {
      await redis.del(keyOf(team));
    },
  };
}

/** The nonce, the tag and the text, in base64. */
function sealed(text: string, key: Buffer, boundTo: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv);
  cipher.setAAD(Buffer.from(boundTo));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
}

function opened(saved: string, key: Buffer, boundTo: string): string {
  const bytes = Buffer.from(saved, "base64");
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes));
    decipher.setAAD(Buffer.from(boundTo));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    const body = decipher.update(bytes.subarray(ivBytes + tagBytes));
    return Buffer.concat([body, decipher.final()]).toString("utf8");
  } catch (error) {
    throw new BotError(
      "not-set-up",
      "The saved installation of a workspace cannot be decrypted. Set the key it was saved with, or install the app again.",
      { cause: error },
    );
  }
}

function readKey(text: string): Buffer {
  const key = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? "hex" : "base64");
  if (key.length === keyBytes) return key;
  throw new BotError(
    "config-invalid",
    `The key that tokens are encrypted with has ${key.length} bytes. Make one of ${keyBytes} with: openssl rand -hex ${keyBytes}`,
  );
}
