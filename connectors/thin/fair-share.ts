/** The most that each of several may have of `limit`, where those that want less leave the rest to the others. */
export function fairShare(wanted: readonly number[], limit: number): number {
  let left = limit;
  const sorted = [...wanted].sort((a, b) => a - b);
  for (const [index, one] of sorted.entries()) {
    const each = left / (sorted.length - index);
    if (one > each) return Math.floor(each);
    left -= one;
  }
  return limit;
}
