/** Whether the key template of one task can be stored at all, and gives each object its own name. */
import type { TaskWrites } from "../../model/ports/task-type.ts";
import { listReferences } from "../../model/dag/template.ts";
import { findControlCharacter } from "../../model/text/control-character.ts";
import type { Fault, FaultPath } from "./fault.ts";

/** S3's limit. */
const KEY_LIMIT_BYTES = 1_024;
/** Templates stand for text of their own: their names neither satisfy nor break the rules below. */
const REFERENCE = /\$\{[^{}]*\}/g;

/** Faults of what one task writes. `path` is the path of its key in the file. */
export function listKeyFaults(writes: TaskWrites, path: FaultPath): readonly Fault[] {
  const faults: Fault[] = [];
  const report = (message: string, hint?: string): void => {
    faults.push({ path, message, ...(hint === undefined ? {} : { hint }) });
  };
  const literal = writes.key.replaceAll(REFERENCE, "0");
  const segments = literal.split("/");
  const name = segments.at(-1) ?? "";

  if (writes.key === "") report("the key is empty");
  else if (literal.startsWith("/")) {
    report("the key must not begin with /", "keys are relative to the lake's prefix");
  } else if (name === "") report("the key must not end with /", "it names an object, not a folder");
  else if (segments.includes("")) report("the key must not hold //");
  if (literal.includes("\\")) {
    report("the key must not hold a backslash", "parts of a key are separated by /");
  }
  if (segments.some((segment) => segment === ".." || segment === ".")) {
    report('the key must not hold "." or ".." as a part');
  }
  if (findControlCharacter(literal) !== undefined) report("the key must not hold control characters");
  if (Buffer.byteLength(literal) > KEY_LIMIT_BYTES) report(`the key is longer than ${KEY_LIMIT_BYTES} bytes`);
  if (segments[0]?.toLowerCase() === "_dagmar") report("keys below _dagmar/ are reserved for Dagmar");
  else if (/^[_.]/.test(name)) {
    report(
      `the object's name must not begin with ${name.charAt(0)}`,
      "Athena, Spark and Hive skip such objects",
    );
  }
  if (writes.many) {
    const references = new Set(listReferences(writes.key));
    const missing = ["run_stamp", "seq"].filter((reference) => !references.has(reference));
    if (missing.length > 0) {
      const named = missing.map((reference) => `\${${reference}}`).join(" and ");
      report(
        `the key of a task that stores many objects needs ${named}`,
        "without them, objects of one run would have the same key",
      );
    }
  }
  return faults;
}
