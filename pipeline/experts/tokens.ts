/**
 * Characters per token of what is sent, an assumption that no vocabulary was measured for. Counting characters
 * costs nothing and needs none; the server's own count is what is kept.
 */
const charactersPerToken = 3;

export function tokensOf(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

/** The first lines that fit into so many tokens, and how many are left out, in a last line. */
export function fitted(lines: readonly string[], budget: number): string[] {
  const kept: string[] = [];
  let spent = 0;
  for (const line of lines) {
    spent += tokensOf(line) + 1;
    if (spent > budget) break;
    kept.push(line);
  }
  const left = lines.length - kept.length;
  return left === 0 ? kept : [...kept, `(${left} more are not shown)`];
}

/** One thing in one line, as it is usually said, and with all that is known. */
export interface AtLengths {
  readonly short: string;
  readonly text: string;
  readonly full: string;
}

/** So many are told as usual before others are told at all. */
const firstTold = 8;

/**
 * As many as fit into so many tokens, the first before the others: the first eight as usual and the others in one
 * line each; then, as long as tokens are left, the others as usual, and then with all that is known. How many
 * are left out is said in a last line.
 */
export function fittedLengths(items: readonly AtLengths[], budget: number): string[] {
  const lines: string[] = [];
  let spent = 0;
  for (const [index, { short, text }] of items.entries()) {
    const line = index < firstTold ? text : short;
    if (spent + tokensOf(line) + 1 > budget) break;
    spent += tokensOf(line) + 1;
    lines.push(line);
  }
  for (const length of ["text", "full"] as const) {
    for (const [index, now] of lines.entries()) {
      const longer = items[index]?.[length] ?? now;
      const more = tokensOf(longer) - tokensOf(now);
      // The first are the most telling: later ones do not take what was too little for them.
      if (spent + more > budget) break;
      spent += more;
      lines[index] = longer;
    }
  }
  const left = items.length - lines.length;
  return left === 0 ? lines : [...lines, `(${left} more are not shown)`];
}
