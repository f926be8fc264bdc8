/** A small, strict reader of Prometheus's text format, and the rules of its naming conventions that a name alone can break. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const HEAD = /^# HELP ([a-z_]\w*) (\S.*)\n# TYPE \1 (counter|gauge|histogram)$/;
const SAMPLE = /^([a-z_]\w*)(?:\{((?:[a-z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/;
const LABEL = /([a-z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"/g;

/** Throws at the first line that is not of the format, or stands under another family's head. */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, Family>();
  for (const block of text.trim().split(/\n+(?=# HELP )/)) {
    const lines = block.split("\n");
    const head = HEAD.exec(lines.slice(0, 2).join("\n"));
    if (head === null) throw new Error(`not a head: ${lines.slice(0, 2).join(" / ")}`);
    const [, name = "", help = "", type = ""] = head;
    if (families.has(name)) throw new Error(`${name} comes twice`);
    const samples = lines
      .slice(2)
      .filter((line) => line !== "")
      .map((line) => parseSample(line, name, type));
    families.set(name, { name, help, type, samples });
  }
  return families;
}

function parseSample(line: string, family: string, type: string): Sample {
  const [, name = "", labels = "", text = ""] = SAMPLE.exec(line) ?? [];
  const value = Number(text.replace("+Inf", "Infinity"));
  const parts = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  if (!parts.some((part) => name === family + part)) throw new Error(`under ${family}: ${line}`);
  if (text === "" || Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return {
    name,
    value,
    labels: Object.fromEntries<string>(
      [...labels.matchAll(LABEL)].map(([, key = "", label = ""]) => [key, label]),
    ),
  };
}

/** `name{label="value"} 3` for every sample, buckets left out: what a test compares. */
export function listValues(family: Family | undefined): readonly string[] {
  return (family?.samples ?? [])
    .filter(({ name }) => !name.endsWith("_bucket"))
    .map(({ name, labels, value }) => {
      const list = Object.entries(labels).map(([key, label]) => `${key}=${label}`);
      return `${[name, ...list].join(" ")} ${value}`;
    });
}

const FOREIGN_UNIT = /_(?:ms|milliseconds|micros|minutes|hours|days|kb|mb|mib|percent)(?:_|$)/;

/** What is wrong with a name, by https://prometheus.io/docs/practices/naming/. */
export function listNameFaults({
  name,
  type,
  help,
}: Pick<Family, "name" | "type" | "help">): readonly string[] {
  return [
    ...(type === "counter" && !name.endsWith("_total") ? ["a counter ends with _total"] : []),
    ...(type !== "counter" && name.endsWith("_total") ? ["only a counter ends with _total"] : []),
    ...(type === "histogram" && !/_(?:seconds|bytes)$/.test(name) ? ["a histogram ends with its unit"] : []),
    ...(/_(?:seconds|bytes)_(?!total$)/.test(name) ? ["the unit stands last"] : []),
    ...(FOREIGN_UNIT.test(name) ? ["not a base unit"] : []),
    ...(/_(?:count|sum|bucket)$/.test(name) ? ["the ending is a histogram's"] : []),
    ...(/(?:counter|gauge|histogram)/.test(name) ? ["the type is no part of the name"] : []),
    ...(help.endsWith(".") ? [] : ["the help is no sentence"]),
  ];
}
