/** Shows something again whenever the database has changed: redrawn in place in a terminal, as a new block in a pipe. */
import type { DatabaseWatch } from "../../app/runs/watch-database.ts";
import { createOutput, type Output } from "../output/output.ts";

/** A terminal that does not tell its height has 0. */
const LEAST_ROWS = 3;

export interface Watching {
  readonly output: Output;
  readonly database: DatabaseWatch;
  /** From now on the first signal ends the process. */
  readonly endOnSignal: () => void;
}

/** `draw` prints one state, and gives whether it is the last. */
export async function watch(
  { output, database, endOnSignal }: Watching,
  draw: (output: Output) => Promise<boolean>,
): Promise<void> {
  endOnSignal();
  const isDrawn = output.isTerminal && process.stdout.columns > 0 && process.stdout.rows > LEAST_ROWS;
  const screen = isDrawn ? (await import("log-update")).default : undefined;
  let last: string | undefined;
  for (;;) {
    const captured = capture(output);
    const isLast = await draw(captured.output);
    const text = captured.read();
    if (screen !== undefined) screen(cutToScreen(text.trimEnd(), output));
    else if (text !== last) process.stdout.write(last === undefined ? text : `\n${text}`);
    last = text;
    if (isLast) break;
    await database.waitForChange(isDrawn ? "or a while" : "only");
  }
  screen?.done();
}

/** The top of a page that is taller than the terminal, and how much is below. */
function cutToScreen(text: string, { paint }: Output): string {
  const lines = text.split("\n");
  const room = process.stdout.rows - 2;
  if (lines.length <= room) return text;
  const rest = lines.length - room;
  return [...lines.slice(0, room), paint.dim(`… ${rest} more lines; a taller terminal shows them`)].join(
    "\n",
  );
}

/** An output like the other that keeps what it is given. */
function capture({ isTerminal, isUtc }: Output): { readonly output: Output; read(): string } {
  let text = "";
  const stdout = {
    isTTY: isTerminal,
    columns: process.stdout.columns,
    write(part: string) {
      text += part;
      return true;
    },
  };
  return { output: createOutput({ stdout, stderr: process.stderr }, isUtc), read: () => text };
}
