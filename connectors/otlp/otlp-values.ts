import { z } from "zod";

const Value: z.ZodType<OtlpValue> = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.union([z.string(), z.number()]).optional(),
  bytesValue: z.string().optional(),
  arrayValue: z.unknown().optional(),
  kvlistValue: z.unknown().optional(),
});
export interface OtlpValue {
  readonly stringValue?: string | undefined;
  readonly boolValue?: boolean | undefined;
  readonly intValue?: string | number | undefined;
  readonly doubleValue?: string | number | undefined;
  readonly bytesValue?: string | undefined;
  readonly arrayValue?: unknown;
  readonly kvlistValue?: unknown;
}
export const OtlpValue = Value;

/** Attributes as OTLP's JSON writes them: a list of keys and typed values. */
export const OtlpAttributes = z.array(z.object({ key: z.string(), value: Value.nullish() })).nullish();
export type OtlpAttributes = z.infer<typeof OtlpAttributes>;

/** OTLP's 64-bit integers are strings in JSON; some writers give numbers. */
export const OtlpInteger = z.union([z.string().regex(/^-?\d+$/), z.number()]);

const Items = z.object({ values: z.array(Value).nullish() });
const Entries = z.object({ values: OtlpAttributes });

/** A value as text: lists and maps as JSON. Null where there is none. */
export function textOf(value: OtlpValue | null | undefined): string | null {
  const plain = plainOf(value, 0);
  if (plain === null) return null;
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

/** What nests deeper than this is no telemetry. */
const deepest = 16;

function plainOf(value: OtlpValue | null | undefined, depth: number): unknown {
  if (value === null || value === undefined || depth > deepest) return null;
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.bytesValue !== undefined) return value.bytesValue;
  const items = Items.safeParse(value.arrayValue);
  if (items.success) return (items.data.values ?? []).map((item) => plainOf(item, depth + 1));
  const entries = Entries.safeParse(value.kvlistValue);
  if (!entries.success) return null;
  return Object.fromEntries(
    (entries.data.values ?? []).map((one) => [one.key, plainOf(one.value, depth + 1)]),
  );
}

/** Attributes by key, as text; empty ones are left out. */
export function attributesOf(attributes: OtlpAttributes): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { key, value } of attributes ?? []) {
    const text = textOf(value);
    if (text !== null && text !== "") found.set(key, text);
  }
  return found;
}

/** Nanoseconds since 1970 as milliseconds, to the microsecond; null for 0 and for what is no time. */
export function millisecondsOf(nanos: string | number | null | undefined): number | null {
  if (nanos === null || nanos === undefined) return null;
  const micros =
    typeof nanos === "number" ? Math.floor(nanos / 1000) : nanos.length > 3 ? Number(nanos.slice(0, -3)) : 0;
  return Number.isFinite(micros) && micros > 0 ? micros / 1000 : null;
}

/** From start to end in milliseconds; nanoseconds count, which neither of the two can hold alone. */
export function durationBetween(start: string | number, end: string | number): number {
  if (typeof start === "string" && typeof end === "string") return Number(BigInt(end) - BigInt(start)) / 1e6;
  return (Number(end) - Number(start)) / 1e6;
}

const hex = /^[0-9a-f]+$/i;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * A trace or span id in lower-case hexadecimal; null for none and for zeros. OTLP says hexadecimal;
 * Tempo and other users of protobuf's own JSON write base64, which is told apart by its length.
 */
export function idOf(id: string | null | undefined, bytes: 8 | 16): string | null {
  if (id === null || id === undefined || id === "") return null;
  const isBase64 = id.length === Math.ceil(bytes / 3) * 4 && base64.test(id);
  const text = isBase64 ? Buffer.from(id, "base64").toString("hex") : id.toLowerCase();
  return !hex.test(text) || /^0+$/.test(text) ? null : text;
}
