/** How texts and names are written in a statement of ours. The task's own values are bound, never written. */

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(", ")}]`;
}

/** The task's SELECT inside one of ours. It begins on a line of its own, and may end in a semicolon or a comment. */
export function nest(select: string): string {
  return `(\n${select.trimEnd().replace(/;$/, "")}\n)`;
}
