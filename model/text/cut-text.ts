/** Text that is cut where it is only shown, and says by how much. A value that is used further is never cut: what is too long fails. */

/** At most `limit` characters (code points) of the text, and then how many more there were. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let length = 0;
  let end = 0;
  for (const character of text) {
    if (length < limit) end += character.length;
    length += 1;
  }
  return length <= limit ? text : text.slice(0, end) + describeCut(length - limit, "character");
}

/** What stands behind a text that was cut. The ellipsis tells `makeMask` that a secret may have been cut as well. */
export function describeCut(missing: number, unit: "character" | "byte"): string {
  return `… (${missing.toLocaleString("en-US")} more ${unit}${missing === 1 ? "" : "s"})`;
}
