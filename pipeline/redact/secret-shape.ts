/** What stands where a secret would, without being one. */
const noSecrets = new Set(
  (
    "null nil none undefined empty true false yes no on off n/a na unset set unknown missing required optional invalid incorrect expired wrong bad " +
    "changed reset rejected accepted mismatch mismatched validated valid ok failed failure error denied hidden masked redacted filtered removed string secret password passwd token key " +
    "incorrecto falsch ungültig abgelaufen erforderlich invalide requis the a an is was not must cannot should for from in of and or to has have been too field value input hash"
  ).split(" "),
);
const mask = /^(?:[*x•#.·_$%-]+|\[[\p{L} _-]+\]|[<‹][^<>‹›]*[>›]|\*+[\p{L}]*\*+)$/iu;
const reference = /^(?:\$(?:[{(]|[A-Z_]+$)|%[sdv({]|\{|@\{|\(|env:|vault:|secret:|arn:aws:secretsmanager)/iu;

/** A value that stands for no value, is masked already, or is only named ("${DB_PASSWORD}"). */
export function isNoSecret(value: string): boolean {
  const bare = value.replace(/[.!?:]+$/u, "").toLowerCase();
  return bare === "" || noSecrets.has(bare) || mask.test(value) || reference.test(value);
}

/** Anything may be a password where its name stands before it. */
export function isPassword(value: string): boolean {
  return !isNoSecret(value);
}

/**
 * After "password: " or "password is" a sentence may go on: letters alone are a secret only where it ends.
 * "password=" is no sentence.
 */
export function isSpokenPassword(value: string, before: string, after: string): boolean {
  if (before.endsWith("=")) return isPassword(value);
  if (isNoSecret(value) || /^\d{1,2}(?:ms|s|m|%)?$/u.test(value)) return false;
  const isWord = /^\p{Lu}?\p{Ll}+[.!?]?$/u.test(value);
  return !isWord || /^["'`]?\s*(?:$|[,;&|)\]}\r\n]|[\w.-]+\s?[:=])/u.test(after);
}

/**
 * Looks made by a machine: a digit among letters, or long. Words that are joined by dots, slashes or hyphens
 * (class and resource names), short numbers and versions are not.
 */
export function isOpaque(value: string): boolean {
  const bare = value.replace(/[.,:;!?]+$/u, "");
  if (bare.length < 6 || isNoSecret(bare) || /^[a-z_]+=[^=]/u.test(bare)) return false;
  if (/^\p{L}+(?:[._/:$-]\p{L}+)*$/u.test(bare)) return /^[A-Za-z]{16,}$/u.test(bare) && changesCase(bare);
  if (/^[+-]?\d{1,5}(?:\.\d+)?[a-z%]{0,2}$/iu.test(bare) || /^v?\d+(?:\.\d+)+$/u.test(bare)) return false;
  // "default/geo-tls-2" names a Kubernetes secret, "user:42" a key of a cache.
  if (/^[a-z0-9.-]{1,40}[/:][a-z0-9.:-]{1,40}$/u.test(bare) && !/\d{6}/u.test(bare)) return false;
  return /\d/u.test(bare) || bare.length >= 20;
}

/** Capitals come and go as they do in random letters, more often than in a compound name. */
function changesCase(text: string): boolean {
  const changes = text.match(/\p{Ll}\p{Lu}/gu)?.length ?? 0;
  return changes >= text.length / 5;
}

/** Letters and digits both, which a name made of words seldom has. */
export function mixes(value: string): boolean {
  return /\d/u.test(value) && /[g-z]/iu.test(value);
}

/** First digits and lengths of the large card networks, and Luhn's check digit. */
export function isCardNumber(value: string): boolean {
  const digits = value.replace(/[ -]/gu, "");
  const known =
    /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}|62\d{14,17})$/u;
  return known.test(digits) && passesLuhn(digits) && new Set(digits).size > 1;
}

/** Source: ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
