/** Puts new titles into a sample file at their sorted places; every old line keeps its bytes and its order. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createRandom } from "../invented/random.ts";
import { FIRST_ADDED_NUMBER, formatImdbId } from "./id-numbers.ts";
import { writeLines } from "./line-file.ts";
import { inventTitleRows, type SampleKind } from "./title-rows.ts";

const NUMBERS_A_SEED = 2000;
const SEEDS = 500;

export interface AddTitlesOptions {
  readonly path: string;
  readonly kind: SampleKind;
  /** Below 500. Another one for each call on the same file, else the same ids come again. */
  readonly seed: number;
  /** At most 1,000. */
  readonly titles: number;
  /** How many of them are Animation or Comedy since 2001; default all. */
  readonly matching?: number;
}

export interface AddedTitles {
  readonly rows: number;
  /** In the file's order. */
  readonly ids: readonly string[];
  readonly matchingIds: readonly string[];
}

/** Rewrites the file in flat memory. Raises `RangeError` for a seed or a number of titles that is too large. */
export async function addTitles(options: AddTitlesOptions): Promise<AddedTitles> {
  const { kind, seed, titles } = options;
  if (titles * 2 > NUMBERS_A_SEED || seed < 0 || seed >= SEEDS) {
    throw new RangeError(`at most ${NUMBERS_A_SEED / 2} titles a call, and seeds from 0 to ${SEEDS - 1}`);
  }
  const random = createRandom(`added ${kind} ${seed}`);
  const first = FIRST_ADDED_NUMBER + seed * NUMBERS_A_SEED + (kind === "movies" ? 0 : 1);
  const ids = Array.from({ length: titles }, (_, index) => formatImdbId(first + index * 2));
  const matchingIds = ids.slice(0, options.matching ?? titles);
  const blocks = ids.map((id, index) => ({
    id,
    lines: inventTitleRows(kind, id, random.between(1, 5), index < matchingIds.length, random),
  }));
  // latin1 both ways is the identity on bytes; the new lines are brought into the same form.
  const toLatin1 = (line: string): string => Buffer.from(line, "utf8").toString("latin1");
  let next = 0;
  await writeLines(
    options.path,
    async (file) => {
      const writeBlocksBefore = async (id: string | undefined): Promise<void> => {
        for (
          let block = blocks[next];
          block !== undefined && (id === undefined || block.id < id);
          block = blocks[next]
        ) {
          for (const line of block.lines) await file.write(toLatin1(line));
          next += 1;
        }
      };
      // Created next to the loop that reads it: lines that come before the loop listens are lost.
      const lines = createInterface({ input: createReadStream(options.path, "latin1") });
      let isHeader = true;
      for await (const line of lines) {
        if (!isHeader) {
          const id = line.slice(0, line.indexOf("|"));
          if (/^tt\d{7,8}$/.test(id)) await writeBlocksBefore(id);
        }
        isHeader = false;
        await file.write(line);
      }
      await writeBlocksBefore(undefined);
    },
    "latin1",
  );
  return { rows: blocks.reduce((sum, block) => sum + block.lines.length, 0), ids, matchingIds };
}
