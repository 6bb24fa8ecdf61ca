/**
 * Works on up to `most` items at once and hands over the results in the order of the items, so that what
 * comes out does not depend on which answer was the fastest.
 *
 * Throws: what `work` throws first; what still runs then is waited for.
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
  take: (result: Result, item: Item) => void,
): Promise<void> {
  const running: Promise<Result>[] = [];
  let next = 0;
  let failed = false;
  const start = () => {
    const item = items[next++];
    if (item === undefined || failed) return;
    const result = work(item);
    result.catch(() => {
      failed = true;
    });
    running.push(result);
  };
  while (next < Math.min(most, items.length)) start();
  try {
    for (const item of items) {
      const first = running.shift();
      if (first === undefined) return;
      take(await first, item);
      start();
    }
  } finally {
    failed = true;
    await Promise.allSettled(running);
  }
}
