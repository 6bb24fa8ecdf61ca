/** Natural logarithms of factorials, grown on demand. */
const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let next = logFactorials.length; next <= n; next++) {
    logFactorials.push((logFactorials[next - 1] ?? 0) + Math.log(next));
  }
  return logFactorials[n] ?? 0;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

const negligible = 1e-9;

/**
 * -log10 of the probability that at least `hits` of `runs` fall to this side by chance, where `otherHits`
 * of `otherRuns` fell to the other and both have the same rate. Unlike a test against the other side's
 * rate, it knows how little a few runs say about that rate.
 *
 * Units:  whole counts; 0 where it would be certain.
 * Source: Fisher 1922, the exact test: the upper tail of the hypergeometric distribution.
 */
export function fisherSurprise(hits: number, runs: number, otherHits: number, otherRuns: number): number {
  const allHits = hits + otherHits;
  const all = logChoose(runs + otherRuns, allHits);
  let tail = 0;
  for (let k = hits; k <= Math.min(runs, allHits); k++) {
    if (allHits - k > otherRuns) continue;
    const term = Math.exp(logChoose(runs, k) + logChoose(otherRuns, allHits - k) - all);
    tail += term;
    if (term < negligible * tail) break;
  }
  return tail >= 1 - negligible ? 0 : -Math.log10(Math.max(tail, Number.MIN_VALUE));
}
