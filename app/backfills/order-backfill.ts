/** The order for a backfill, and what it would do slot by slot, from a database and without a Dag folder. */
import { CommandRefused } from "../../model/errors.ts";
import {
  addSlots,
  describeBackfill,
  planBackfill,
  type SlottedBackfill,
  type SlotVerdict,
} from "../../scheduler/commands/backfill.ts";
import { nameDag, type DagVersions } from "../../scheduler/commands/named-dag.ts";
import { hashPlan } from "../../scheduler/commands/planned.ts";
import { REPROCESS } from "../../state/runs/backfills.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { quoteWord } from "../quote-word.ts";
import { readRange, type RangeWords } from "../runs/read-range.ts";
import type { Order } from "../service/orders.ts";

export interface BackfillWords {
  /** Both are a day or an instant, and included. */
  readonly from: string;
  readonly to: string;
  readonly reprocess: string;
  readonly isRefetch: boolean;
  /** `null`: the Dag's own `max_active_runs`. */
  readonly maxActive: number | null;
}

/** How the API calls the ends. */
const WORDS: RangeWords = { from: "from_date", to: "to_date" };

/** `dags`: those that the Dag may follow. Raises `BACKFILL_EMPTY`, `USAGE`. */
export function readBackfill(
  version: DagVersion,
  dags: DagVersions,
  words: BackfillWords,
  names?: RangeWords,
): SlottedBackfill {
  const { isRefetch, maxActive } = words;
  const reprocess = REPROCESS.find((one) => one === words.reprocess);
  if (reprocess === undefined) {
    throw new CommandRefused("USAGE", `--reprocess is one of ${REPROCESS.join(", ")}.`);
  }
  const range = readRange(words.from, words.to, version.definition.timezone, names);
  const [from, to] = [range.from.toISOString(), range.to.toISOString()];
  return addSlots({ version, from, to, reprocess, isRefetch, maxActive }, dags);
}

export interface BackfillPreview {
  readonly hash: string;
  readonly verdicts: readonly SlotVerdict[];
  readonly command: string;
}

/** Raises what `readBackfill` raises, and `BACKFILL_ACTIVE`. */
export function previewBackfillOrder(
  facts: { readonly query: Query; readonly lakeId: string; readonly now: Date },
  version: DagVersion,
  dags: DagVersions,
  words: BackfillWords,
): BackfillPreview {
  const request = readBackfill(version, dags, words, WORDS);
  const verdicts = planBackfill(facts.query, facts.lakeId, request, facts.now);
  const command = writeBackfillCommand(version.definition.dagId, words);
  return { verdicts, hash: hashPlan(describeBackfill(request, verdicts)), command };
}

/** Raises what `readBackfill` raises. */
export function orderBackfill(
  version: DagVersion,
  dags: DagVersions,
  words: BackfillWords,
  expected: string | null,
): Order<"backfill"> {
  const { version: _, slots: __, ...asked } = readBackfill(version, dags, words, WORDS);
  return { kind: "backfill", request: { ...asked, dag: nameDag(version), expected } };
}

export function writeBackfillCommand(
  dagId: string,
  { from, to, reprocess, isRefetch, maxActive }: BackfillWords,
): string {
  return [
    `dagmar backfill ${dagId} --from ${quoteWord(from)} --to ${quoteWord(to)}`,
    ...(reprocess === "none" ? [] : [`--reprocess ${reprocess}`]),
    ...(isRefetch ? ["--refetch"] : []),
    ...(maxActive === null ? [] : [`--max-active ${maxActive}`]),
  ].join(" ");
}
