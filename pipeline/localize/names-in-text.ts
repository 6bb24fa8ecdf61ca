/**
 * Finds services that a text names, as whole words: "profile-cache" is no "profile", and "rate.get-rates" names
 * "rate" alone.
 *
 * Shape:  a function from a text to the name that stands last in it, which in a chain of passed-on errors is
 *         where it came from; null where none does.
 */
export function lastNamed(services: Iterable<string>): (text: string) => string | null {
  const known = new Set(services);
  return (text) => {
    const words = text.match(/[\w-]+/g) ?? [];
    return words.findLast((word) => known.has(word)) ?? null;
  };
}
