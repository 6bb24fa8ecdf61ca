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
