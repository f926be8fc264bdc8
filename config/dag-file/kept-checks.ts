/** Checks that passed before: a Dag file that has not changed since, under the same rules, is not parsed again. */
import { createHash } from "node:crypto";
import path from "node:path";
import { checkDagFile, type CheckedDag, type CheckFile, type LoadedDag } from "./check-dag-file.ts";
import type { DagRules } from "./dag-faults.ts";
import { freezeDeeply } from "./definition.ts";
import { areUnchanged } from "./sql-files.ts";

/** The result for a file without faults. Plain JSON. */
export interface KeptCheck extends Pick<LoadedDag, "definition" | "enabled" | "fingerprint"> {
  readonly after: CheckedDag["after"];
  readonly claims: CheckedDag["claims"];
  readonly sqlFiles: CheckedDag["sqlFiles"];
}

export interface KeptChecks {
  /** Identifies the program that checks: another build may have other rules. */
  readonly build: string;
  /** Equal keys mean equal checks. */
  find(key: string): KeptCheck | undefined;
  remember(key: string, check: KeptCheck): void;
}

/** New checks are added to `kept`. A file with faults is checked each time. */
export function checkOrFind(rules: DagRules, kept: KeptChecks): CheckFile {
  const conditions = describeConditions(kept.build, rules);
  return (file, bytes) => {
    const key = createHash("sha256")
      .update(JSON.stringify([conditions, path.basename(file)]))
      .update(bytes)
      .digest("hex");
    const found = kept.find(key);
    if (found !== undefined && areUnchanged(found.sqlFiles, file))
      return { checked: restoreCheck(file, bytes, found, rules) };
    const result = checkDagFile(file, bytes, rules);
    if ("checked" in result) kept.remember(key, describeCheck(result.checked));
    return result;
  };
}

/** Everything except the file that a check depends on: ICU and its zones are part of Node and change with it. */
function describeConditions(build: string, { timezone, pools, registry }: DagRules): readonly unknown[] {
  return [
    build,
    process.versions.icu,
    process.versions.tz,
    timezone,
    [...pools].toSorted(),
    [...registry.keys()].toSorted(),
  ];
}

function describeCheck({ dag, after, claims, sqlFiles }: CheckedDag): KeptCheck {
  const { definition, enabled, fingerprint } = dag;
  return { definition, enabled, fingerprint, after, claims, sqlFiles };
}

function restoreCheck(file: string, bytes: Uint8Array, found: KeptCheck, rules: DagRules): CheckedDag {
  const { definition, enabled, fingerprint, after, claims, sqlFiles } = found;
  return {
    dag: freezeDeeply({ definition, enabled, file, fingerprint }),
    after,
    claims,
    sqlFiles,
    // Only a parsed file has line numbers.
    describe(faults) {
      const result = checkDagFile(file, bytes, rules);
      return "issues" in result ? result.issues : result.checked.describe(faults);
    },
  };
}
