import { isCardNumber, isOpaque, isPassword, isSpokenPassword, mixes } from "./secret-shape.ts";

/** What a secret is called in its placeholder, as in `<password-1>`. */
export const secretKinds = ["private-key", "password", "token", "key", "email", "card"] as const;
export type SecretKind = (typeof secretKinds)[number];

export interface SecretDetector {
  readonly kind: SecretKind;
  /**
   * A text in which none of these lower-case words stands (or that this does not match) holds no such secret:
   * a cheap look first, since most lines of a log hold none.
   */
  readonly hint: readonly string[] | RegExp;
  /** Group 1 stays as it is, group 2 is the secret, what follows is only looked at. Bounded, no nested repetition. */
  readonly pattern: RegExp;
  /** Whether what was found is one: told by its form, and by what stands around it. */
  readonly accept?: (secret: string, before: string, after: string) => boolean;
}

const passwordNames =
  "(?:pass(?:word|wd|phrase|wort|code)s?(?:[_-]?(?:hash|value|old|new|confirm(?:ation)?|\\d))?|pwd|requirepass|masterauth|senha|contrase(?:ñ|n)a|mot[_ ]de[_ ]passe|kennwort|密码|パスワード|(?<![a-z])(?:pass|pw|mdp|otp|cvv|cvc))";
const secretNames = "(?:secrets?(?:[_-]?(?:key|access[_-]?key|token|value))?|credentials?)";
const tokenNames =
  "(?:token|jwt|bearer|j?session(?:[_-]?(?:id|key))?|phpsessid|(?<![a-z])sid|connect\\.sid|signature|(?<![a-z])sig|x-amz-(?:credential|signature|security-token)|csrf|xsrf|auth(?:orization)?[_-]?(?:code|header))";
const keyNames =
  "(?:(?:api|app|access|secret|private|account|shared[_-]?access|encryption|signing|master|auth|subscription|license|service|client|consumer|deploy|storage|function|webhook|ssh|aes|hmac)[_-]?key|x-api-key)";
/** A name may be quoted, also with escaped quotes (JSON inside JSON), before what sets its value off. */
const equals = "\\\\?[\"'`]?\\s{0,3}(?:=>|:=|=|:)\\s{0,3}(?:[bu](?=[\"']))?";
const unquoted = "([^\\s\"'`,;&|()\\[\\]{}<>\\\\]{1,400})";

/** `hint`: words, with "|" between them. */
const detector = (
  kind: SecretKind,
  hint: string | RegExp,
  pattern: string,
  accept?: SecretDetector["accept"],
): SecretDetector => ({
  kind,
  hint: typeof hint === "string" ? hint.split("|") : hint,
  pattern: new RegExp(pattern, "giu"),
  ...(accept === undefined ? {} : { accept }),
});

/** As `detector`, where capitals tell. */
const exactly = (
  kind: SecretKind,
  hint: string | RegExp,
  pattern: string,
  accept?: SecretDetector["accept"],
): SecretDetector => ({
  ...detector(kind, hint, pattern, accept),
  pattern: new RegExp(pattern, "gu"),
});

/** `name="value"`, `name='value'`, `name=\"value\"` and `name=value`. */
function named(
  kind: SecretKind,
  hint: string,
  names: string,
  accept: (secret: string) => boolean,
  acceptUnquoted: NonNullable<SecretDetector["accept"]>,
): readonly SecretDetector[] {
  return [
    detector(kind, hint, `(${names}${equals}")((?:\\\\.|[^"\\\\]){1,400})(?=")`, accept),
    detector(kind, hint, `(${names}${equals}')((?:\\\\.|[^'\\\\]){1,400})(?=')`, accept),
    detector(kind, hint, `(${names}${equals}\\\\")([^"\\\\]{1,400})(?=\\\\")`, accept),
    detector(kind, hint, `(${names}${equals})${unquoted}`, acceptUnquoted),
  ];
}

const passwordHint =
  "pass|pwd|pw|mdp|otp|cvv|cvc|senha|contrase|mot de|mot_de|kennwort|masterauth|密码|パスワード";
const keyHint = "key";
const tokenHint = "token|jwt|bearer|sess|sid|sig|csrf|xsrf|credential|auth";

/**
 * What is taken out of text before a person or a model reads it, in the order tried. Forms that providers
 * document come first: they need no name beside them. Everything is found in one line, without the network.
 *
 * Source: prefixes as their providers publish them and as secret scanners (gitleaks, secretlint) list them.
 */
export const secretDetectors: readonly SecretDetector[] = [
  exactly(
    "private-key",
    "private key",
    "(-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)((?:(?!-----END)[\\s\\S]){1,8000})",
  ),
  // The middle of such a block, where a log has a line for each of its lines.
  exactly("private-key", /^[\w+/]{60}/, "^()([A-Za-z0-9+/]{60,76}={0,2})$", mixes),
  // Connection strings: the password goes, the host stays, since reasoning needs it.
  detector(
    "password",
    "://",
    "(\\b[a-z][a-z0-9+.-]{1,30}://[^\\s:@/?#\"'<>]{0,100}:)([^\\s/\"'<>]{1,200})(?=@[^\\s@])",
  ),
  detector("token", "://", "(\\bhttps?://)([^\\s:@/?#\"'<>]{16,200})(?=@)", isOpaque),
  detector("password", "@tcp(|@unix(", "(\\b[\\w-]{1,60}:)([^\\s@:/]{1,100})(?=@(?:tcp|unix)\\()"),
  // Headers.
  detector(
    "token",
    "cookie",
    "(\\b(?:set-)?cookie[\"']?\\s?[:=]\\s{0,3}[\"']?)([^\\s\"'][^\"'\\r\\n]{3,4000})",
    (value) => value.includes("="),
  ),
  detector(
    "token",
    "bearer |apikey |token ",
    "(\\b(?:bearer|apikey|token)\\s{1,3}[\"']?)([\\w.~+/=-]{8,4000})",
    isOpaque,
  ),
  exactly(
    "token",
    "basic ",
    "(\\b[Bb](?:asic|ASIC)\\s{1,3})([A-Za-z0-9+/]{6,400}={0,2})(?![\\w])",
    (value) => value.endsWith("=") || (isOpaque(value) && mixes(value)),
  ),
  detector(
    "token",
    "authorization",
    "(\\bauthorization[\"']?\\s?[:=]\\s{0,3}[\"']?(?:[a-z-]{3,20}\\s)?)([\\w.~+/=-]{8,4000})",
    isOpaque,
  ),
  // Forms that tell a token by themselves.
  exactly("token", "eyj", "(?<![\\w.-])()(eyJ[\\w-]{8,2000}\\.[\\w-]{8,4000}(?:\\.[\\w-]{0,2000})?)"),
  exactly("key", "akia|asia|abia|acca", "(?<![A-Z0-9])()((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})(?![A-Z0-9])"),
  exactly("key", "aiza", "(?<![\\w-])()(AIza[\\w-]{35})(?![\\w-])"),
  exactly(
    "token",
    "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|gldt-|glpt-|xox|xapp-|hf_|npm_|pypi-|dckr_pat_|shpat_|shpca_|shppa_|shpss_|_v1_|hvs.|hvb.|hvr.|pul-|lin_api_|nrak-|glsa_|glc_|ntn_|atatt3|figd_|tskey-|dapi",
    "(?<![\\w-])()((?:gh[pousr]_|github_pat_|glpat-|gl[dp]t-|xox[abeoprs]-|xapp-|hf_|npm_|pypi-|dckr_pat_|shp(?:at|ca|pa|ss)_|do[opr]_v1_|hv[sbr]\\.|pul-|lin_api_|NRAK-|glsa_|glc_|ntn_|ATATT3|figd_|tskey-|dapi)[\\w.=-]{16,500})",
    mixes,
  ),
  exactly(
    "key",
    "sk-|k_live_|k_test_|whsec_|sg.|ya29.|gocspx-|age-secret-key-|pmak-",
    "(?<![\\w-])()((?:sk-(?:proj-|ant-|or-|live-|svcacct-)?|[srp]k_(?:live|test)_|whsec_|SG\\.|ya29\\.|GOCSPX-|AGE-SECRET-KEY-1|PMAK-)[\\w.+/-]{16,500})",
    mixes,
  ),
  exactly(
    "token",
    "hooks.slack|discord|webhook.office",
    "(https://(?:hooks\\.slack\\.com/(?:services|workflows)/|discord(?:app)?\\.com/api/webhooks/|[\\w-]{1,60}\\.webhook\\.office\\.com/))([\\w/@.-]{10,300})",
  ),
  exactly("token", ":aa", "(?<![\\w:])()(\\d{8,10}:AA[\\w-]{33})(?![\\w-])"),
  // Command lines and statements.
  detector(
    "password",
    " -u|--user|--proxy-user",
    "((?:\\s-u|\\s--user|--proxy-user)[ =][\"']?[^\\s:\"']{1,100}:)([^\\s\"'@]{1,200})(?=[\\s\"']|$)",
    isPassword,
  ),
  exactly(
    "password",
    "mysql|mariadb",
    "(\\b(?:mysql|mariadb)[\\w-]{0,20}\\s(?:[^|;\\n]{0,100}\\s)?-p)([^\\s\"'-][^\\s\"']{2,100})",
  ),
  detector(
    "password",
    "--pass|--pw",
    "(--[\\w-]{0,30}(?:password|passwd|passphrase|pass|pwd)\\s[\"']?)([^\\s\"'-][^\\s\"']{0,200})",
    isPassword,
  ),
  detector(
    "token",
    "token|secret|key",
    "(--[\\w-]{0,30}(?:token|secret|api-key|access-key)\\s[\"']?)([^\\s\"'-][^\\s\"']{5,400})",
    isOpaque,
  ),
  detector(
    "password",
    "identified by|password ",
    "(\\b(?:identified by|password)\\s{1,3}['\"])([^'\"\\s]{1,200})(?=['\"])",
    isPassword,
  ),
  exactly("password", "auth ", "(\\bAUTH\\s(?:default\\s)?[\"']?)([^\\s\"']{6,200})", isOpaque),
  detector(
    "password",
    "requirepass|masterauth",
    "(\\b(?:requirepass|masterauth)\\s[\"']?)([^\\s\"']{3,200})",
    isPassword,
  ),
  detector(
    "password",
    "pass|pwd|kennwort",
    "(\\b(?:pass(?:word|wort|wd|phrase|code)|pwd|kennwort)\\s(?:is|was|ist|war|lautet|es|est)\\s[\"'`]?)([^\\s\"'`,;]{3,200})",
    isSpokenPassword,
  ),
  detector(
    "password",
    "pass",
    "(<[\\w:-]{0,40}(?:password|passwd|passphrase)>)([^<]{1,400})(?=<)",
    isPassword,
  ),
  detector(
    "token",
    "token|secret|key",
    "(<[\\w:-]{0,40}(?:token|secret|api-?key)>)([^<\\s]{6,400})(?=<)",
    isOpaque,
  ),
  // Names with values.
  ...named("password", passwordHint, passwordNames, isPassword, isSpokenPassword),
  ...named("token", "secret|credential", secretNames, isPassword, isOpaque),
  ...named("key", keyHint, keyNames, isOpaque, isOpaque),
  ...named("token", tokenHint, tokenNames, isOpaque, isOpaque),
  // People and cards.
  detector(
    "email",
    "@|%40",
    "(?<![\\p{L}\\p{N}._%+-]|://)()((?!git@[^\\s:]{1,100}:)[\\p{L}\\p{N}][\\p{L}\\p{N}._+'-]{0,63}(?:@|%40)(?:[\\p{L}\\p{N}][\\p{L}\\p{N}-]{0,62}\\.){1,8}\\p{L}{2,24})(?![\\p{L}\\p{N}-]|\\.[\\p{L}\\p{N}])",
    (address) =>
      !/\.(?:png|jpe?g|gif|svg|webp|js|mjs|ts|css|json|ya?ml|map|gz|zip|jar|svc\.cluster\.local)$/iu.test(
        address,
      ),
  ),
  exactly(
    "card",
    /\d{13}|\d{4}[ -]\d{4,6}[ -]\d/,
    "(?<![\\p{L}\\d_.-]|[.:-]\\s)()(\\d{13,19}|\\d{4}([ -])\\d{4}\\3\\d{4}\\3\\d{1,7}|\\d{4}([ -])\\d{6}\\4\\d{4,5})(?![\\p{L}\\d_-]|[.:]\\d)",
    isCardNumber,
  ),
];
