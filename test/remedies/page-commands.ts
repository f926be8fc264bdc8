/** The commands that a page recommends, each with the heading under which it stands: those of code blocks and in backticks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseMarkdown } from "../docs/markdown.ts";

/** A program's name alone is a word of a sentence. */
const IS_COMMAND = /^(?:dagmar [a-z]|(?:chmod|curl|docker|find|fuser|npm|npx|sqlite3) \S)/;

/** `heading: command`, each once, in the page's order. */
export function listPageCommands(root: string, page: string): readonly string[] {
  const text = readFileSync(join(root, page), "utf8");
  const { blocks, prose } = parseMarkdown(text);
  const found = blocks
    .filter(({ language }) => language === "sh")
    .flatMap((block) => block.text.split("\n").map((line) => `${block.heading}: ${line}`));
  const lines: string[] = [];
  let heading = "";
  const collect = (): void => {
    const codes = lines.join(" ").matchAll(/`([^`]+)`/g);
    found.push(...[...codes].map(([, code = ""]) => `${heading}: ${code}`));
    lines.length = 0;
  };
  for (const line of prose) {
    if (line.startsWith("#")) {
      collect();
      heading = line.replace(/^#+ /, "");
    } else lines.push(line);
  }
  collect();
  return [...new Set(found)].filter((entry) => IS_COMMAND.test(entry.slice(entry.indexOf(": ") + 2)));
}
