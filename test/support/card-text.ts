// biome-ignore lint/suspicious/noExplicitAny: a card as it came over the wire
type Json = any;

/** What a person reads on an Adaptive Card, a line for each paragraph, row and button. */
export function cardText(element: Json, indent = ""): string[] {
  const lines = (children: Json[] | undefined, deeper = indent) =>
    (children ?? []).flatMap((child) => cardText(child, deeper));
  switch (element.type) {
    case "AdaptiveCard":
      return lines(element.body);
    case "Container":
      return element.isVisible === false
        ? [`${indent}[hidden: ${element.id}]`, ...lines(element.items, `${indent}  `)]
        : lines(element.items);
    case "RichTextBlock":
      return [indent + element.inlines.map(({ text }: Json) => text).join("")];
    case "Table":
      return element.rows.flatMap((row: Json) => cardText(row, indent));
    case "TableRow":
      return [`${indent}| ${row(element).join(" | ")} |`];
    case "Chart.Line":
      return [
        `${indent}(chart: ${element.title}; ${element.data[0].values.map(({ y }: Json) => y).join(" ")})`,
        ...cardText(element.fallback, `${indent}  or: `),
      ];
    case "ActionSet":
      return [`${indent}${element.actions.map(action).join(" ")}`];
    case "Input.ChoiceSet":
      return [`${indent}${element.label} (${element.choices.map(({ title }: Json) => title).join(", ")})`];
    case "Input.Text":
      return [`${indent}${element.label} ____`];
    default:
      throw new Error(`no words for ${element.type}`);
  }
}

function row({ cells }: Json): string[] {
  return cells.map(({ items }: Json) => items.flatMap((item: Json) => cardText(item)).join(" / "));
}

function action({ type, title, data, targetElements }: Json): string {
  if (type === "Action.ToggleVisibility") return `[${title} > ${targetElements.join(", ")}]`;
  return `[${title} = "${data.localexpert.text}"]`;
}

/** A message as it is read: its text, then its card. */
export function messageText({ text, attachments }: Json): string {
  const cards = attachments.flatMap(({ content }: Json) => cardText(content));
  return [...(text === "" ? [] : [text]), ...(cards.length > 0 ? ["┌", ...cards, "└"] : [])].join("\n");
}
