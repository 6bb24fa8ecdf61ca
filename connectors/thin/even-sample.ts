/** Keeps at most `limit` of what is added, evenly spread over the order of adding. */
export interface EvenSample<Item> {
  add(item: Item): void;
  /** Keeps no more than this from now on. */
  shrink(limit: number): void;
  readonly items: readonly Item[];
}

export function evenSample<Item>(limit: number): EvenSample<Item> {
  let most = limit;
  let stride = 1;
  let seen = 0;
  let items: Item[] = [];
  const halve = () => {
    items = items.filter((_, index) => index % 2 === 0);
    stride *= 2;
  };
  return {
    add(item) {
      if (seen++ % stride !== 0) return;
      items.push(item);
      if (items.length > most) halve();
    },
    shrink(smaller) {
      most = Math.max(1, Math.min(most, smaller));
      while (items.length > most) halve();
    },
    get items() {
      return items;
    },
  };
}

/** At most `most` of the items, from all over. */
export function evenly<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  const every = items.length / Math.max(1, most);
  return items
    .filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every))
    .slice(0, Math.max(0, most));
}
