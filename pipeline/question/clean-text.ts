/** Longer text is a paste: what is asked stands at its head. Also the bound on every step that follows. */
export const longestText = 4_000;

/** Control, format (zero-width, bidirectional) and variation characters; not the blanks among them. */
const invisible = /(?![\t\n\r])[\p{Cc}\p{Cf}\u2028\u2029]|\p{Variation_Selector}/gu;
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", nbsp: " ", quot: '"' };

/**
 * What a person typed, without what a chat platform or a paste added: mentions, links, fences, tags,
 * control, bidirectional and zero-width characters; full-width forms made plain (NFKC).
 *
 * Shape:  at most `longestText` characters; `cut` says that there was more.
 */
export function cleanText(raw: string): { readonly text: string; readonly cut: boolean } {
  const head = raw.slice(0, longestText);
  const plain = head
    .replace(/&(amp|lt|gt|nbsp|quot);/g, (entity, name: string) => entities[name] ?? entity)
    .normalize("NFKC")
    .replace(invisible, "")
    .replace(/<at>[^<>]{0,100}<\/at>/gi, " ")
    .replace(/<[@!#][^<>|]{0,100}(?:\|([^<>]{0,100}))?>/g, " ")
    .replace(/<https?:[^<>|]{0,2000}(?:\|([^<>]{0,300}))?>/gi, (_link, label?: string) => ` ${label ?? ""} `)
    .replace(/<\/?[a-z][^<>]{0,300}>/gi, " ")
    .replace(/\bhttps?:\/\/\S{1,2000}/gi, " ");
  return { text: withoutFences(plain).replace(/[*]/g, " ").trim(), cut: raw.length > longestText };
}

/** Fenced blocks are pasted logs, whose times are not the question's, unless nothing else was written. */
function withoutFences(text: string): string {
  const parts = text.split("```");
  const outside = parts.filter((_part, position) => position % 2 === 0).join(" ");
  return /[\p{L}\p{N}]/u.test(outside) ? outside : parts.join(" ");
}
