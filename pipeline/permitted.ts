import type { PermittedRecord } from "./diagnosis.ts";
import type { Permitted } from "./types.ts";

/**
 * Whether a name fits one of the patterns: names as they stand, with `*` for any run of characters
 * ("geo*", "payments/*"). Null lets every name through, an empty list none.
 */
export function fits(name: string, patterns: readonly string[] | null): boolean {
  return patterns === null || patterns.some((pattern) => fitsOne(name, pattern));
}

/** The names among these that may be seen; all of them where nothing is restricted. */
export function permittedNames(names: readonly string[], permitted: Permitted | null | undefined): string[] {
  const patterns = permitted?.services ?? null;
  return names.filter((name) => fits(name, patterns));
}

/** What may be seen, as an answer keeps it; no key where everything may. */
export function permittedKey(permitted: Permitted | null | undefined): { permitted?: PermittedRecord } {
  if (permitted == null) return {};
  const { services, sources } = permitted;
  return {
    permitted: { services: services && [...services], sources: sources && [...sources] },
  };
}

/** "geo" of "geo*" and the parts between stars, each found after the one before: no backtracking on foreign names. */
function fitsOne(name: string, pattern: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of others) {
    const at = name.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
