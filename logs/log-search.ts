/** Finds the lines of an attempt's log that hold a text, upper and lower case alike, in one pass with little memory. */
import { countLines } from "./line-counter.ts";
import { NEWLINE, type LogText } from "./log-text.ts";

export interface SearchHit {
  /** From 1. */
  readonly number: number;
  /** Where the line begins. */
  readonly start: number;
}

export interface SearchResult {
  /** The last ones: what is looked for is mostly near the end. In the file's order. */
  readonly hits: readonly SearchHit[];
  /** Lines that hold the text; more than the hits if there are many. */
  readonly count: number;
}

const CHUNK_BYTES = 1024 * 1024;
const MOST_HITS = 1_000;

/** A line counts once, however often it holds the text. */
export async function searchLog(log: LogText, text: string): Promise<SearchResult> {
  const pattern = makeBytePattern(text);
  const overlapBytes = Buffer.byteLength(text) * MOST_GROWTH;
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let hits: SearchHit[] = [];
  let count = 0;
  let linesBefore = 0;
  let lineStart = 0;
  for (let offset = 0; offset < log.sizeBytes;) {
    const read = await log.read(offset, CHUNK_BYTES, buffer);
    const isLast = offset + read.length === log.sizeBytes;
    const newline = read.lastIndexOf(NEWLINE);
    // In a line that is longer than a chunk, the next chunk begins before the end of this one.
    const next = isLast ? read.length : newline === -1 ? read.length - overlapBytes : newline + 1;
    for (const { start, newlines } of findLines(newline === -1 ? read : read.subarray(0, next), pattern)) {
      const number = linesBefore + newlines + 1;
      if (hits.at(-1)?.number === number) continue;
      count += 1;
      hits.push({ number, start: newlines === 0 ? lineStart : offset + start });
      if (hits.length >= 2 * MOST_HITS) hits = hits.slice(-MOST_HITS);
    }
    if (newline !== -1) {
      linesBefore += countLines(read.subarray(0, newline + 1));
      lineStart = offset + newline + 1;
    }
    offset += next;
  }
  return { hits: hits.slice(-MOST_HITS), count };
}

/** A character in another case may have more bytes. */
const MOST_GROWTH = 4;

/**
 * Over bytes that are read as Latin-1: nothing has to be decoded, and a place in the text is a place in the file. Each
 * character stands for its bytes in UTF-8, in either case.
 */
function makeBytePattern(text: string): RegExp {
  const source = Array.from(text, (character) => {
    const forms = new Set([character, character.toLowerCase(), character.toUpperCase()]);
    return `(?:${[...forms].map(writeBytes).join("|")})`;
  });
  return new RegExp(source.join(""), "g");
}

function writeBytes(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

interface FoundLine {
  /** In the chunk; 0 also for a line that began before it. */
  readonly start: number;
  /** Before the line, in the chunk. */
  readonly newlines: number;
}

function findLines(chunk: Buffer, pattern: RegExp): readonly FoundLine[] {
  const text = chunk.toString("latin1");
  const found: FoundLine[] = [];
  let start = 0;
  let newlines = 0;
  pattern.lastIndex = 0;
  for (let hit = pattern.exec(text); hit !== null; hit = pattern.exec(text)) {
    for (
      let at = chunk.indexOf(NEWLINE, start);
      at !== -1 && at < hit.index;
      at = chunk.indexOf(NEWLINE, start)
    ) {
      newlines += 1;
      start = at + 1;
    }
    found.push({ start, newlines });
    const end = chunk.indexOf(NEWLINE, hit.index);
    pattern.lastIndex = end === -1 ? chunk.length : end;
  }
  return found;
}
