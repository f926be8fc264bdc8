/** The XML that S3 answers with, and the little that it is sent. */

export type XmlValue = string | number | boolean | XmlTree | readonly XmlValue[];
export interface XmlTree {
  readonly [name: string]: XmlValue | undefined;
}

/** A list becomes one element per entry; `undefined` is left out. */
export function renderXml(name: string, tree: XmlValue): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderElement(name, tree)}`;
}

/** Part numbers and etags of a CompleteMultipartUpload body, in order. */
export function parseCompletedParts(
  xml: string,
): readonly { readonly partNumber: number; readonly etag: string }[] {
  return [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = ""]) => ({
    partNumber: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? "").replaceAll("&quot;", '"'),
  }));
}

function renderElement(name: string, value: XmlValue | undefined): string {
  if (value === undefined) return "";
  if (isList(value)) return value.map((item) => renderElement(name, item)).join("");
  if (typeof value !== "object") return `<${name}>${escape(String(value))}</${name}>`;
  const inner = Object.entries(value).map(([child, item]) => renderElement(child, item));
  return `<${name}>${inner.join("")}</${name}>`;
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
