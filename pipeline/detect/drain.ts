/** What stands for a variable part of a line. */
export const wildcard = "<*>";

export interface DrainOptions {
  /** Levels of the tree, root and leaves included: depth - 3 token layers. */
  readonly depth?: number;
  /** Share of equal tokens from which a line joins a template. */
  readonly similarity?: number;
  /** Children of a node before further tokens share the wildcard's. */
  readonly mostChildren?: number;
  /** Whether numbers, addresses and ids are replaced first. */
  readonly masked?: boolean;
}

export interface Template {
  readonly text: string;
  readonly count: number;
}

export interface TemplateMiner {
  /** Adds a line and says which template it belongs to, by position in `templates()`. */
  add(line: string): number;
  templates(): readonly Template[];
}

/** Longer lines are dumps: their beginning tells the statement. */
const longestLine = 2000;

interface Cluster {
  readonly index: number;
  tokens: readonly string[];
  count: number;
}

interface Node {
  readonly children: Map<string, Node>;
  readonly clusters: Cluster[];
}

/**
 * Mines log templates online: lines that go the same way down a tree of fixed depth (token count, then
 * first tokens) and agree in enough of their tokens share a template; where they differ it is `<*>`.
 *
 * Shape:  template positions never change; a template's text gets more general as lines join.
 * Throws: never. Time per line is that of the templates in one leaf.
 * Source: Drain (He et al., ICWS 2017); parameters of DiagFusion: depth 4, similarity 0.5. Lines are
 *         cut at 2,000 characters.
 */
export function drain(options: DrainOptions = {}): TemplateMiner {
  const { depth = 4, similarity = 0.5, mostChildren = 100, masked = true } = options;
  const tokenLayers = Math.max(0, depth - 3);
  const byLength = new Map<number, Node>();
  const clusters: Cluster[] = [];

  function leafOf(tokens: readonly string[]): Node {
    let node = byLength.get(tokens.length);
    if (node === undefined) {
      node = emptyNode();
      byLength.set(tokens.length, node);
    }
    for (let layer = 0; layer < Math.min(tokenLayers, tokens.length); layer++) {
      const token = tokens[layer] ?? "";
      const isVariable = hasDigit.test(token);
      const known: Node | undefined = isVariable ? undefined : node.children.get(token);
      const name: string = isVariable || node.children.size >= mostChildren ? wildcard : token;
      let next: Node | undefined = known ?? node.children.get(name);
      if (next === undefined) {
        next = emptyNode();
        node.children.set(name, next);
      }
      node = next;
    }
    return node;
  }

  return {
    add(line) {
      const cut = line.length > longestLine ? line.slice(0, longestLine) : line;
      const tokens = (masked ? mask(cut) : cut).split(/\s+/).filter((token) => token !== "");
      const leaf = leafOf(tokens);
      const found = mostSimilar(leaf.clusters, tokens, similarity);
      if (found === null) {
        const cluster = { index: clusters.length, tokens, count: 1 };
        clusters.push(cluster);
        leaf.clusters.push(cluster);
        return cluster.index;
      }
      found.count++;
      if (found.tokens.some((token, place) => token !== tokens[place])) {
        found.tokens = found.tokens.map((token, place) => (token === tokens[place] ? token : wildcard));
      }
      return found.index;
    },
    templates: () => clusters.map(({ tokens, count }) => ({ text: tokens.join(" "), count })),
  };
}

const hasDigit = /\d/;

function emptyNode(): Node {
  return { children: new Map(), clusters: [] };
}

/** The template with most equal tokens, ties by more wildcards; null where too few are equal. */
function mostSimilar(
  clusters: readonly Cluster[],
  tokens: readonly string[],
  similarity: number,
): Cluster | null {
  let best: Cluster | null = null;
  let mostEqual = -1;
  let mostWild = -1;
  for (const cluster of clusters) {
    let equal = 0;
    let wild = 0;
    for (let i = 0; i < tokens.length; i++) {
      const token = cluster.tokens[i];
      if (token === wildcard) wild++;
      else if (token === tokens[i]) equal++;
    }
    if (equal > mostEqual || (equal === mostEqual && wild > mostWild)) {
      best = cluster;
      mostEqual = equal;
      mostWild = wild;
    }
  }
  return mostEqual >= similarity * tokens.length ? best : null;
}

const unit = "(?:ns|us|µs|ms|s|m|h|d|[KMGT]i?B?|B|%)";

/** First match wins. All need a digit, so that lines without one are left alone at once. */
const variables = new RegExp(
  [
    // UUID
    "\\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\\b",
    // Timestamp, date, time of day
    "\\b\\d{4}[-/]\\d\\d[-/]\\d\\d(?:[T ]\\d\\d:\\d\\d(?::\\d\\d(?:[.,]\\d+)?)?(?:Z|[+-]\\d\\d:?\\d\\d)?)?\\b",
    "\\b\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?\\b",
    // HDFS block
    "\\bblk_-?\\d+\\b",
    // IPv4 with optional port
    "\\b\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?\\b",
    // Hexadecimal: marked, or eight and more with a digit among them
    "\\b0x[0-9a-fA-F]+\\b",
    "\\b(?=[a-fA-F]{0,64}\\d)[0-9a-fA-F]{8,}\\b",
    // Numbers, durations and sizes that stand alone; #88 and server.go:88 name the statement and stay
    `(?<![\\w#.]|\\.(?:go|java|kt|py|rb|rs|js|ts|cs|c|cc|cpp|php|scala):)[-+]?\\d+(?:\\.\\d+)*(?:[eE][-+]?\\d+)?${unit}?(?![\\w])`,
  ].join("|"),
  "g",
);

/**
 * Replaces what varies from line to line: ids, timestamps, addresses, numbers, durations, sizes.
 *
 * Source: block ids, IPs and isolated integers as in DiagFusion; the rest is ours.
 */
export function mask(text: string): string {
  return hasDigit.test(text) ? text.replace(variables, wildcard) : text;
}
