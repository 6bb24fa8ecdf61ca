import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/**
 * What is wrong with a configuration, a sentence each, with the path in front: "sources[0].path: must be
 * text, is a number". Values are not repeated: one may be a secret in the wrong place.
 *
 * `raw` is what `schema` refused.
 */
export function problemsOf(error: z.ZodError, schema: z.ZodType, raw: unknown): string[] {
  return error.issues.flatMap((issue) => problemOf(issue, schema, raw));
}

/** Values that look like secrets, which belong into the environment or into files of their own. */
export function secretsIn(raw: unknown, path: Path = []): string[] {
  if (typeof raw === "string") {
    return /^[a-z][a-z0-9+.-]*:\/\/[^/\s]*:[^/\s]+@/i.test(raw)
      ? [
          `${inWords(path)}: holds a password; secrets come from the environment or a file of their own (docs/configuration.md)`,
        ]
      : [];
  }
  if (typeof raw !== "object" || raw === null) return [];
  return Object.entries(raw).flatMap(([key, value]) => {
    const at = [...path, Array.isArray(raw) ? Number(key) : key];
    return isSecretKey(key) && !isReference(value)
      ? [
          `${inWords(at)}: secrets come from the environment or a file of their own, as { env: NAME } or { file: PATH } (docs/configuration.md)`,
        ]
      : secretsIn(value, at);
  });
}

function isSecretKey(key: string): boolean {
  return /passw(or)?d|passphrase|secret|token|api[_-]?key|credential|authorization|cookie|bearer/i.test(key);
}

/** `{ env: NAME }` or `{ file: PATH }`: where a secret lies, and none itself. */
function isReference(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(value).every((key) => key === "env" || key === "file");
}

function problemOf(issue: Issue, schema: z.ZodType, raw: unknown): string[] {
  const where = issue.path.length === 0 ? "" : `${inWords(issue.path)}: `;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey([...issue.path, key], key, keysAt(schema, issue.path, raw)));
    case "invalid_type": {
      const value = valueAt(raw, issue.path);
      const expected = typeWords[issue.expected] ?? issue.expected;
      return [
        `${where}${value === undefined ? `is missing; it must be ${expected}` : `must be ${expected}, is ${kindOf(value)}`}`,
      ];
    }
    case "invalid_value":
      return [
        `${where}must be ${oneOf(issue.values.map(String))}${meant(valueAt(raw, issue.path), issue.values.map(String))}`,
      ];
    case "invalid_union": {
      const known = discriminatorsAt(schema, issue.path, raw);
      if (known.length === 0) {
        const inner = meantOption(issue.errors);
        if (inner === null) return [`${where}${issue.message}`];
        return inner.flatMap((one) => problemOf({ ...one, path: [...issue.path, ...one.path] }, schema, raw));
      }
      return [`${where}must be ${oneOf(known)}${meant(valueAt(raw, issue.path), known)}`];
    }
    case "too_small": {
      if (issue.origin === "string" || issue.origin === "array") return [`${where}must not be empty`];
      return [`${where}must be ${issue.inclusive === true ? "at least" : "more than"} ${issue.minimum}`];
    }
    case "too_big":
      return [`${where}must be ${issue.inclusive === true ? "at most" : "less than"} ${issue.maximum}`];
    default:
      return [`${where}${issue.message}`];
  }
}

/** What is wrong inside the one option of a union that the value is of the kind of; null where none is, or several are. */
function meantOption(errors: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const isAnotherKind = ({ code, path }: Issue) =>
    path.length === 0 && (code === "invalid_type" || code === "invalid_value");
  const meantOnes = errors.filter((issues) => !issues.some(isAnotherKind));
  return meantOnes.length === 1 ? (meantOnes[0] ?? null) : null;
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
};

function kindOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  if (typeof value === "number" && !Number.isInteger(value)) return "a fraction";
  return typeWords[typeof value] ?? typeof value;
}

function unknownKey(path: Path, key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  const remedy =
    near !== null ? `did you mean "${near}"?` : known.length === 0 ? "" : `known keys: ${known.join(", ")}`;
  return `${inWords(path)}: is no known key${remedy === "" ? "" : `; ${remedy}`}`;
}

function oneOf(values: readonly string[]): string {
  const quoted = values.map((value) => `"${value}"`);
  return quoted.length === 1 ? quoted.join("") : `one of ${quoted.join(", ")}`;
}

function meant(value: unknown, known: readonly string[]): string {
  if (value === undefined) return "; it is missing";
  const near = typeof value === "string" ? nearest(value, known) : null;
  return near === null ? "" : ` (did you mean "${near}"?)`;
}

/** The name that was probably meant: at most a third of its letters are other ones. */
function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const near = closest(
    name.toLowerCase(),
    known.map((one) => one.toLowerCase()),
  );
  const found = known.find((one) => one.toLowerCase() === near) ?? null;
  return found !== null && distance(name.toLowerCase(), near) <= Math.max(1, near.length / 3) ? found : null;
}

/** ["sources", 0, "path"] as "sources[0].path". */
function inWords(path: Path): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === "number" ? `${text}[${step}]` : text === "" ? String(step) : `${text}.${String(step)}`,
    "",
  );
}

function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(step))?.[1];
  }
  return value;
}

function keysAt(schema: z.ZodType, path: Path, raw: unknown): string[] {
  const found = schemaAt(schema, path, raw);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/** What the discriminating key at `path` may say. */
function discriminatorsAt(schema: z.ZodType, path: Path, raw: unknown): string[] {
  const union = schemaAt(schema, path.slice(0, -1), raw, false);
  if (!(union instanceof z.ZodDiscriminatedUnion)) return [];
  return union.options.flatMap((option) => {
    const key = option instanceof z.ZodObject ? option.shape[union.def.discriminator] : undefined;
    return key instanceof z.ZodLiteral ? [...key.values].map(String) : [];
  });
}

/** The schema of what lies at `path`; of a union, the option that `raw` says, where `choose` asks for it. */
function schemaAt(schema: unknown, path: Path, raw: unknown, choose = true): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return schemaAt(schema.unwrap(), path, raw, choose);
  }
  if (schema instanceof z.ZodDiscriminatedUnion && (path.length > 0 || choose)) {
    const said = valueAt(raw, [schema.def.discriminator]);
    const option = schema.options.find((one) => {
      const key = one instanceof z.ZodObject ? one.shape[schema.def.discriminator] : undefined;
      return key instanceof z.ZodLiteral && [...key.values].some((value) => value === said);
    });
    return schemaAt(option, path, raw, choose);
  }
  const [step, ...rest] = path;
  if (schema instanceof z.ZodUnion && !(schema instanceof z.ZodDiscriminatedUnion)) {
    const isList = typeof step === "number";
    const option = schema.options.find((one) => one instanceof (isList ? z.ZodArray : z.ZodObject));
    return option === undefined ? schema : schemaAt(option, path, raw, choose);
  }
  if (step === undefined) return schema;
  const inside = valueAt(raw, [step]);
  if (schema instanceof z.ZodObject) return schemaAt(schema.shape[String(step)], rest, inside, choose);
  if (schema instanceof z.ZodArray) return schemaAt(schema.element, rest, inside, choose);
  return null;
}
