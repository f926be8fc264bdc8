/** Asks a user to confirm what cannot be taken back, if there is a user at a terminal. */
import { createInterface } from "node:readline/promises";

/** `true` without a terminal: a script says what it wants by its options. */
export async function confirm(question: string, drain: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: drain });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (drain.aborted) return false;
    throw error;
  } finally {
    terminal.close();
  }
}
