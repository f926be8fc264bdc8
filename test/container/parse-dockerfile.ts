/** A Dockerfile as a list of stages and instructions; whether they are wise is judged elsewhere. */

export interface Instruction {
  /** In capitals. */
  readonly name: string;
  /** With continued lines joined, as written otherwise. */
  readonly rest: string;
}

export interface Stage {
  readonly image: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** Knows comments, continued lines and `FROM … AS …`; no here-documents and no parser directives. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { image: string; name: string; instructions: Instruction[] }[] = [];
  const lines = text.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line));
  for (const line of lines
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")) {
    const [, name = "", rest = ""] = /^\s*(\w+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (name.toUpperCase() === "FROM") {
      const [image = "", , stage = ""] = rest.split(/\s+/);
      stages.push({ image, name: stage, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ name: name.toUpperCase(), rest });
    }
  }
  return stages;
}

/** What a stage says with one instruction, in order. */
export function listRests(stage: Stage, name: string): readonly string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
}

/** The words of an exec form, `["a", "b"]`; `undefined` for the shell form, which starts a shell as the process. */
export function parseExecForm(rest: string | undefined): readonly string[] | undefined {
  try {
    const words: unknown = JSON.parse(rest ?? "");
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : undefined;
  } catch {
    return undefined;
  }
}

/** `ENV a=b c="d e"`. */
export function parseEnvironment(stage: Stage): Readonly<Record<string, string>> {
  const pairs = listRests(stage, "ENV").flatMap((rest) => [...rest.matchAll(/([\w.-]+)=("[^"]*"|\S*)/g)]);
  return Object.fromEntries(pairs.map((pair) => [pair[1] ?? "", (pair[2] ?? "").replaceAll('"', "")]));
}

export interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

export function listCopies(stage: Stage): readonly Copy[] {
  return [...listRests(stage, "COPY"), ...listRests(stage, "ADD")].map((rest) => {
    const words = rest.split(/\s+/);
    const paths = words.filter((word) => !word.startsWith("--"));
    const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
    return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? "" };
  });
}

/** The command of `HEALTHCHECK [options] CMD [...]`. */
export function parseHealthcheck(stage: Stage): readonly string[] | undefined {
  return parseExecForm(/\bCMD\s+(.*)$/.exec(listRests(stage, "HEALTHCHECK").at(-1) ?? "")?.[1]);
}
