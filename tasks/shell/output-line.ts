/**
 * One line of a program's output: its beginning and its length. The caller decides whether a line that is too long is
 * cut or refused.
 */
import { describeCut } from "../../model/text/cut-text.ts";

export const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** A longer line is cut when it is shown. */
export const SHOWN_BYTES = 8192;

export interface OutputLine {
  /** At most one byte more than is shown: it shows whether the cut splits a character. */
  readonly head: Buffer;
  /** Without the line's end. */
  readonly lengthBytes: number;
}

export const EMPTY_LINE: OutputLine = { head: Buffer.alloc(0), lengthBytes: 0 };

/** A copy: a part of the chunk would keep all of it in memory. */
export function extendLine({ head, lengthBytes }: OutputLine, part: Buffer): OutputLine {
  const room = SHOWN_BYTES + 1 - head.length;
  return {
    head: room <= 0 ? head : Buffer.concat([head, part.subarray(0, room)]),
    lengthBytes: lengthBytes + part.length,
  };
}

/** A carriage return at the end of a line belongs to its end. */
export function endLine(line: OutputLine): OutputLine {
  const { head, lengthBytes } = line;
  const isCrLf = lengthBytes === head.length && head.at(-1) === CARRIAGE_RETURN;
  return isCrLf ? { head: head.subarray(0, -1), lengthBytes: lengthBytes - 1 } : line;
}

/** The line as text. If it is cut it says so, and no character is split. */
export function showLine({ head, lengthBytes }: OutputLine): string {
  if (lengthBytes <= SHOWN_BYTES) return head.toString("utf8");
  let end = SHOWN_BYTES;
  while (end > SHOWN_BYTES - 4 && isContinuation(head[end])) end -= 1;
  return head.toString("utf8", 0, end) + describeCut(lengthBytes - end, "byte");
}

/** RFC 3629: every byte of a character but its first begins with the bits 10. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

const CONTROL = /(?!\t)\p{Cc}/u;

/** The first byte (from 1) that is not allowed in text, tab allowed, in a line that is not cut. */
export function findNonText(bytes: Buffer): { readonly position: number; readonly what: string } | undefined {
  const text = bytes.toString("utf8");
  const control = CONTROL.exec(text);
  const undecodable = findUndecodable(bytes, text);
  const controlAt = control === null ? Infinity : Buffer.byteLength(text.slice(0, control.index));
  if (undecodable !== undefined && undecodable <= controlAt) {
    return { position: undecodable + 1, what: `0x${hex(bytes[undecodable], 2)}, which is not UTF-8` };
  }
  if (control === null) return undefined;
  const code = control[0].charCodeAt(0);
  const name = CONTROL_NAMES.get(code);
  return {
    position: controlAt + 1,
    what: `the control character U+${hex(code, 4)}${name === undefined ? "" : ` (${name})`}`,
  };
}

const CONTROL_NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, "NUL"],
  [0x08, "backspace"],
  [CARRIAGE_RETURN, "carriage return"],
  [0x1b, "escape, as of a colour"],
]);

/** The first byte that differs after decoding and encoding again; valid text before it has the same length in both. */
function findUndecodable(bytes: Buffer, text: string): number | undefined {
  const again = Buffer.from(text, "utf8");
  if (again.equals(bytes)) return undefined;
  const index = bytes.findIndex((byte, at) => byte !== again[at]);
  return index < 0 ? bytes.length - 1 : index;
}

function hex(number: number | undefined, digits: number): string {
  return (number ?? 0).toString(16).toUpperCase().padStart(digits, "0");
}
