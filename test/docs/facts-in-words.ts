/** The figures and defaults that a page gives, in English or Portuguese, in one form, so that pages can be compared. */

const ENGLISH_NUMBERS = "two three four five six seven eight nine ten".split(" ");
const PORTUGUESE_NUMBERS = "dois três quatro cinco seis sete oito nove dez".split(" ");

/** As digits, with a point before decimals and no mark in thousands. */
export function listEnglishFigures(text: string): ReadonlySet<string> {
  const words = [...text.matchAll(/[a-z]+/gi)].flatMap(([word]) => {
    const at = ENGLISH_NUMBERS.indexOf(word.toLowerCase());
    return at === -1 ? [] : String(at + 2);
  });
  const digits = [...text.matchAll(/\d+(?:[.,]\d+)*/g)].map(([number]) => number.replaceAll(",", ""));
  return new Set([...words, ...digits]);
}

/** The same of a Portuguese text. A version keeps its point: `20.19`. */
export function listPortugueseFigures(text: string): ReadonlySet<string> {
  const words = [...text.replaceAll("duas", "dois").matchAll(/\p{L}+/gu)].flatMap(([word]) => {
    const at = PORTUGUESE_NUMBERS.indexOf(word.toLowerCase());
    return at === -1 ? [] : String(at + 2);
  });
  const digits = [...text.matchAll(/\d+(?:[.,]\d+)*/g)].map(([number]) =>
    number.replaceAll(/\.(?=\d{3}(?:\D|$))/g, "").replaceAll(",", "."),
  );
  return new Set([...words, ...digits]);
}

/** What generated pages give as the default of a field, an option or a variable: in a column, or in words. */
export function listDefaults(reference: string): ReadonlyMap<string, ReadonlySet<string>> {
  const defaults = new Map<string, Set<string>>();
  for (const row of reference.matchAll(/^\| `(?:[\w*]+\.)*(\w+)` \|.*$/gm)) {
    const inWords = /Default: (\S+)\./.exec(row[0])?.[1];
    const cells = row[0].split(" | ").map((cell) => /^`([^`]*)`$/.exec(cell)?.[1]?.replace(/^\.\//, ""));
    const known = defaults.get(row[1] ?? "") ?? new Set();
    defaults.set(
      row[1] ?? "",
      new Set([...known, ...cells.slice(1, -1), inWords].flatMap((one) => one ?? [])),
    );
  }
  return defaults;
}

/** `name` and value of each "`name` (padrão value)" and "`name`, que por padrão é `value`". */
export function listNamedDefaults(text: string): readonly (readonly [string, string])[] {
  const plain = text.replaceAll(/\s+/g, " ");
  const found = plain.matchAll(/`(\w+)`,? (?:\(|que )(?:por )?padrão,?(?: é)? `?([\w./:]+)/g);
  return [...found].map(([, name = "", value = ""]) => [name, value]);
}
