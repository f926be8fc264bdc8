/** Links between pages: each part of a path is encoded, and the base path stands in front. */

/** A list gives one value for each of its texts. */
export type SearchValues = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** `base`: empty, or such as `/x/y`. */
export function createLinker(base: string) {
  return (path: string, search: SearchValues = {}): string => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(search)) {
      const values = typeof value === "object" ? value : [String(value ?? "")];
      for (const each of values) if (each !== "") query.append(name, each);
    }
    const text = query.toString();
    return `${base}${path}${text === "" ? "" : `?${text}`}`;
  };
}

/** A path from its segments, which may hold any character: `/dags/a%20b`. */
export function pathOf(...segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${encodeURIComponent(String(segment))}`).join("");
}
