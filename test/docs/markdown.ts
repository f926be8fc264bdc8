/** What the tests of documents read out of a Markdown file: its fenced blocks, and the text around them. */

export interface FencedBlock {
  /** The word behind the backticks: `sql`, `sh`, `text`. */
  readonly language: string;
  readonly text: string;
  /** Of the opening backticks, from 1. */
  readonly line: number;
  /** The nearest heading above. */
  readonly heading: string;
}

export interface Markdown {
  readonly blocks: readonly FencedBlock[];
  /** The lines outside of fenced blocks, the others empty, so that line numbers stay. */
  readonly prose: readonly string[];
}

/** Raises an error when a block is never closed. */
export function parseMarkdown(text: string): Markdown {
  const blocks: FencedBlock[] = [];
  const prose: string[] = [];
  let heading = "";
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^\s*```(\w*)\s*$/.exec(line);
    if (open === undefined) {
      if (fence !== null) open = { language: fence[1] ?? "", line: index + 1, lines: [] };
      if (/^#+ /.test(line)) heading = line.replace(/^#+ /, "");
      prose.push(fence === null ? line : "");
      continue;
    }
    prose.push("");
    if (fence === null) open.lines.push(line);
    else {
      blocks.push({ language: open.language, text: open.lines.join("\n"), line: open.line, heading });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`the block that opens in line ${open.line} is never closed`);
  return { blocks, prose };
}

/** The cells of the tables below that heading, and above the next, without the row of names. */
export function listTableRows(text: string, heading: string): readonly (readonly string[])[] {
  const { prose } = parseMarkdown(text);
  const start = prose.findIndex((line) => line.replace(/^#+ /, "") === heading && line.startsWith("#"));
  if (start === -1) throw new Error(`there is no heading "${heading}"`);
  const length = prose.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  const section = prose.slice(start + 1, length === -1 ? undefined : start + 1 + length);
  const rows = section.filter((line) => line.startsWith("|") && !/^\|[ |:-]+$/.test(line));
  return rows.slice(1).map((row) =>
    row
      .slice(1, row.lastIndexOf("|"))
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  );
}

/** The commands of each `sh` block, without comments; a line that continues is one command. */
export function listCommandBlocks(text: string): readonly (readonly string[])[] {
  return parseMarkdown(text)
    .blocks.filter((block) => block.language === "sh")
    .map((block) =>
      block.text
        .replaceAll(/ \\\n\s+/g, " ")
        .split("\n")
        .map((line) => line.replace(/\s+#.*$/, ""))
        .filter((line) => line !== ""),
    );
}
