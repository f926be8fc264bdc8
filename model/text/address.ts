/** Which addresses a setting may have: http and https, without secrets. */

/** A parsed text, or why it is not valid; a fault never repeats a possible secret. */
export type Parsed<Value> = { readonly value: Value } | { readonly fault: string };

/** An http or https address without a slash at its end. One that contains a secret is refused. */
export function parseAddress(text: string): Parsed<string> {
  if (!URL.canParse(text)) return { fault: "must be an address such as https://example.com" };
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return { fault: "must begin with https:// or http://" };
  }
  if (url.username !== "" || url.password !== "") return { fault: "must not hold a user or password" };
  if (url.search !== "" || url.hash !== "") return { fault: "must not hold a query or fragment" };
  return { value: text.trim().replace(/\/+$/, "") };
}

/** A user or password of a URL without its percent codes; `undefined` if a code is not valid. */
export function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
