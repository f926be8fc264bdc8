/** Which addresses a setting may name: http and https, and none that could give a secret away. */

/** A text that was understood, or why it was not; a fault never repeats what could be a secret. */
export type Parsed<Value> = { readonly value: Value } | { readonly fault: string };

/** An http or https address without a slash at its end. One that could give a secret away is refused. */
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
