import { z } from "zod";
import { secretDetectors, secretKinds } from "./detectors.ts";

/** A group that repeats and holds a repetition: such a pattern can take forever on a line made for it. */
const nestedRepetition = /\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]/u;

const OperatorPattern = z.strictObject({
  /** Becomes the placeholder: `customer` gives `<customer-1>`. */
  name: z
    .string()
    .regex(/^[a-z]+(?:-[a-z]+)*$/u, 'must be lower-case words with hyphens, such as "customer-number"')
    .max(40),
  /** A JavaScript regular expression (flag u); all that it matches is replaced. */
  pattern: z
    .string()
    .max(500)
    .superRefine((pattern, context) => {
      const problem = patternProblem(pattern);
      if (problem !== null) context.addIssue({ code: "custom", message: problem });
    }),
});

function patternProblem(pattern: string): string | null {
  try {
    if (new RegExp(pattern, "u").test(""))
      return "matches the empty text, and so everything; say more exactly what to hide";
  } catch (error) {
    return `is no regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
  return nestedRepetition.test(pattern)
    ? 'repeats a group that repeats within, such as "(a+)+": a line could make that take forever; write it without the outer repetition'
    : null;
}

export const RedactionOptions = z.strictObject({
  /** The operator's own patterns, tried before ours. */
  patterns: z.array(OperatorPattern).max(50).default([]),
  /** Whether answers show the secrets again; the model never sees them. */
  restore: z.boolean().default(false),
});
export type RedactionOptions = z.infer<typeof RedactionOptions>;

/** Takes secrets out of text, and puts them back. One per diagnosis: the same secret has the same placeholder in it. */
export interface Redactor {
  redact(text: string): string;
  /** Only what this redactor took out. */
  restore(text: string): string;
  /** How many different secrets were seen. */
  readonly count: () => number;
}

/**
 * Hides keys, tokens, passwords, e-mail addresses, card numbers and what the operator names behind
 * `<password-1>`: numbered per kind in the order seen, so that "the same one" can still be told.
 *
 * Shape:  text without a secret comes back as it is. What looks like a placeholder in foreign text is
 *         written ‹so›, and so is never restored.
 * Throws: never, for options that their schema accepted.
 */
export function redactor(options: RedactionOptions): Redactor {
  const placeholders = new Map<string, string>();
  const secrets = new Map<string, string>();
  const counts = new Map<string, number>();
  const own = options.patterns.map(({ name, pattern }) => ({ name, pattern: new RegExp(pattern, "gu") }));
  const kinds = [...secretKinds, ...own.map(({ name }) => name)].join("|");
  const lookAlike = new RegExp(`<((?:${kinds})-\\d+)>`, "gu");

  function hide(kind: string, secret: string): string {
    const known = placeholders.get(`${kind} ${secret}`);
    if (known !== undefined) return known;
    const count = (counts.get(kind) ?? 0) + 1;
    const placeholder = `<${kind}-${count}>`;
    counts.set(kind, count);
    placeholders.set(`${kind} ${secret}`, placeholder);
    secrets.set(placeholder, secret);
    return placeholder;
  }

  function hideOwn(text: string): string {
    return own.reduce(
      (done, { name, pattern }) => done.replace(pattern, (found) => (found === "" ? "" : hide(name, found))),
      text,
    );
  }

  return {
    redact(text) {
      const plain = text.includes("<") ? text.replace(lookAlike, "‹$1›") : text;
      const ours = own.length === 0 ? plain : hideOwn(plain);
      return hideKnown(ours, hide);
    },
    restore: (text) =>
      text.includes("<") ? text.replace(lookAlike, (whole) => secrets.get(whole) ?? whole) : text,
    count: () => secrets.size,
  };
}

const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&");
/** One look that most lines do not survive. Without the flags i and u, which cost more than lower case does. */
const anyHint = new RegExp(
  [
    ...new Set(
      secretDetectors.flatMap(({ hint }) => (hint instanceof RegExp ? hint.source : hint.map(escaped))),
    ),
  ].join("|"),
);

function hideKnown(text: string, hide: (kind: string, secret: string) => string): string {
  const lower = text.toLowerCase();
  if (!anyHint.test(lower)) return text;
  const words = new Map<string, boolean>();
  const stands = (word: string) => {
    const known = words.get(word);
    if (known !== undefined) return known;
    const found = lower.includes(word);
    words.set(word, found);
    return found;
  };
  let done = text;
  for (const { kind, hint, pattern, accept } of secretDetectors) {
    if (hint instanceof RegExp ? !hint.test(lower) : !hint.some(stands)) continue;
    done = done.replace(pattern, (whole: string, before: string, secret: string, ...rest: unknown[]) => {
      const at = rest.find((part): part is number => typeof part === "number") ?? 0;
      const end = at + whole.length;
      if (accept?.(secret, before, done.slice(end, end + 60)) === false) return whole;
      return `${before}${hide(kind, secret)}${whole.slice(before.length + secret.length)}`;
    });
  }
  return done;
}
