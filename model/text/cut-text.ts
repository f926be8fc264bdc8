/** Shortens text for display and says by how much. Values for further use are never cut: too long ones fail. */

/** At most `limit` characters (code points) of the text, followed by the number of further ones. */
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

/** The end of a shortened text. The ellipsis tells `makeMask` that a secret may have been cut too. */
export function describeCut(missing: number, unit: "character" | "byte"): string {
  return `… (${missing.toLocaleString("en-US")} more ${unit}${missing === 1 ? "" : "s"})`;
}
