/** `dagmar lake rm KEY --why …`: removes an object that was stored by mistake; `--undo` takes that back. */
import type { App } from "../../../app/app.ts";
import type { RemovalPreview, RemovedObject } from "../../../app/lake/remove-object.ts";
import { CommandRefused, EXIT, type ExitCode } from "../../../model/errors.ts";
import { escapeControlCharacters } from "../../../model/text/control-character.ts";
import { formatBytes } from "../../../model/text/byte-size.ts";
import { showInstant } from "../../output/time.ts";
import { isSet, JSON_OPTION, readText, type Command, type Invocation } from "../../command.ts";

/** It becomes part of events and of an object in the lake. */
const LONGEST_REASON = 500;

export const lakeRm: Command = {
  name: "lake rm",
  summary: "remove an object that was stored by mistake; later runs leave it out",
  args: [{ name: "<key>", description: "the object's key, as `dagmar lake ls` shows it" }],
  options: [
    { flags: "--why <reason>", description: "why it was a mistake; recorded with your user name" },
    { flags: "--dry-run", description: "show what would be removed; change nothing" },
    {
      flags: "--undo",
      description: "take a removal back: the next run adopts the object or stores it again",
    },
    { flags: "--yes", description: "do not ask for confirmation in a terminal" },
    JSON_OPTION,
  ],
  examples: [
    "dagmar lake rm Raw/Local/CSV/Movies/2026/11/23/movies.csv --dry-run",
    'dagmar lake rm Raw/Local/CSV/Movies/2026/11/23/movies.csv --why "the CSV of last year"',
    'dagmar lake rm Raw/Local/CSV/Movies/2026/11/23/movies.csv --undo --why "it was the right one"',
  ],
  async run(invocation) {
    const { args, options } = invocation;
    const key = String(args[0]);
    const why = readReason(readText(options, "why"), isSet(options, "dryRun"));
    const { withApp } = await import("../../open-app.ts");
    return withApp(async (app) => {
      if (isSet(options, "dryRun")) return preview(app, key, invocation);
      return isSet(options, "undo")
        ? undo(app, { key, why }, invocation)
        : remove(app, { key, why }, invocation);
    });
  },
};

function readReason(given: string | undefined, isDryRun: boolean): string {
  const why = escapeControlCharacters((given ?? "").trim());
  if (why === "" && !isDryRun) {
    throw new CommandRefused("USAGE", "--why is missing: the reason is recorded with the removal.", {
      hint: 'Write --why "the CSV of last year".',
    });
  }
  if (why.length <= LONGEST_REASON) return why;
  throw new CommandRefused("USAGE", `--why has ${why.length} characters, and at most ${LONGEST_REASON} fit.`);
}

interface Order {
  readonly key: string;
  readonly why: string;
}

async function preview(app: App, key: string, { options, output, drain }: Invocation): Promise<ExitCode> {
  const { previewRemoval } = await import("../../../app/lake/remove-object.ts");
  if (isSet(options, "undo")) {
    throw new CommandRefused("USAGE", "--dry-run and --undo cannot be used together.", {
      hint: "`dagmar lake ls --removed` lists what can be undone.",
    });
  }
  const found = await previewRemoval(app, key, drain);
  if (isSet(options, "json")) {
    const { sizeBytes, before, ...rest } = found;
    output.json({ lake: app.lake.id, dry_run: true, ...rest, size_bytes: sizeBytes, before });
    return EXIT.done;
  }
  output.line(`Would remove ${describe(found)} from ${app.lake.id}.`);
  if (found.ids > 0) output.line(`Ids in it, which later runs would leave out: ${found.ids}.`);
  if (found.store === "absent") output.line("The lake does not hold it: only the removal would be recorded.");
  if (found.before !== null) {
    const { requestedBy, requestedAt, why } = found.before;
    const at = showInstant(requestedAt, app.settings.timezone);
    output.line(`${requestedBy} removed it before, at ${at} (reason: "${why}").`);
  }
  return EXIT.done;
}

function describe({ key, kind, dataset, sizeBytes }: RemovalPreview): string {
  return `${key} (${kind} of ${dataset}, ${formatBytes(sizeBytes)})`;
}

async function remove(app: App, order: Order, { options, output, drain }: Invocation): Promise<ExitCode> {
  const { previewRemoval, removeObject } = await import("../../../app/lake/remove-object.ts");
  const { confirm } = await import("../../display/confirm.ts");
  const isAsked = !isSet(options, "yes") && !isSet(options, "json");
  if (isAsked) {
    const found = await previewRemoval(app, order.key, drain);
    if (!(await confirm(`Remove ${describe(found)} from ${app.lake.id}?`, drain))) {
      output.line("Nothing was removed.");
      return EXIT.failed;
    }
  }
  const removed = await removeObject(app, order, drain);
  const { removal, outcome, how, isKept, isScheduler } = removed;
  if (isSet(options, "json")) {
    output.json({
      lake: app.lake.id,
      dry_run: false,
      key: removal.key,
      outcome,
      how,
      kept_version: isKept,
      left_out_ids: removal.leftOutIds,
      record: removal.recordKey,
      why: removal.why,
      by: removal.requestedBy,
      at: removal.requestedAt,
      scheduler: isScheduler,
    });
    return EXIT.done;
  }
  for (const line of describeEnd(removed, app.settings.timezone)) output.line(line);
  return EXIT.done;
}

function describeEnd({ removal, outcome, how, isKept }: RemovedObject, timezone: string): readonly string[] {
  const { key, kind, leftOutIds, recordKey, why, requestedBy, requestedAt } = removal;
  const lines = [
    {
      removed: `Removed ${key}.`,
      absent: `The lake no longer holds ${key}; it is recorded as removed.`,
      changed: `${key} holds another object by now, which was not changed. The recorded one is removed.`,
    }[outcome],
  ];
  if (how !== "new")
    lines.push(
      `Its removal was recorded before, by ${requestedBy} at ${showInstant(requestedAt, timezone)} (reason: "${why}").`,
    );
  if (isKept) {
    lines.push(
      "The bucket keeps it as an earlier version: S3 has put a delete marker. To delete it for good, delete that version.",
    );
  }
  if (kind === "file") {
    lines.push(
      "The same content is not stored under this key again. Replace the file in the input folder, or change what the table or report is made of.",
    );
  }
  if (leftOutIds > 0) {
    lines.push(
      `Ids that later runs leave out: ${leftOutIds}. \`dagmar lake missing\` lists them; a run with --refetch asks them again.`,
    );
  }
  lines.push(`The lake records it in ${recordKey}.`);
  return lines;
}

async function undo(app: App, order: Order, { options, output, drain }: Invocation): Promise<ExitCode> {
  const { undoRemoval } = await import("../../../app/lake/remove-object.ts");
  const { removal, isScheduler } = await undoRemoval(app, order, drain);
  if (isSet(options, "json")) {
    output.json({ lake: app.lake.id, key: removal.key, undone: true, scheduler: isScheduler });
    return EXIT.done;
  }
  output.line(`The removal of ${removal.key} is undone.`);
  output.line(
    "The next run of its dataset adopts the object if the lake holds it. If not, that run stores the file or asks the ids again; until then `dagmar lake verify` lists it as missing.",
  );
  return EXIT.done;
}
