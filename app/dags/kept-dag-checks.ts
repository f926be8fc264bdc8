/** The checks of Dag files that a scheduler keeps in its database from one start to the next. */
import type { KeptCheck, KeptChecks } from "../../config/dag-file/kept-checks.ts";
import { describeError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { listDagFileChecks, replaceDagFileChecks } from "../../state/runs/dag-file-checks.ts";
import type { Database } from "../../state/sqlite/database.ts";

export interface DagCheckStore extends KeptChecks {
  /** Keeps only the checks that were found or reused since the last call. Never raises. */
  save(): Promise<void>;
}

export function openDagCheckStore(database: Database, build: string, log: Logger): DagCheckStore {
  const saved = new Map<string, string>(listDagFileChecks(database));
  let used = new Map<string, string>();

  async function save(): Promise<void> {
    const current = used;
    used = new Map();
    if (current.size === saved.size && [...current.keys()].every((key) => saved.has(key))) return;
    try {
      await database.write((query) => replaceDagFileChecks(query, current));
      saved.clear();
      for (const [key, text] of current) saved.set(key, text);
    } catch (error) {
      log.debug("The checks of Dag files were not kept; the next start makes them again.", {
        error: describeError(error),
      });
    }
  }

  return {
    build,
    find(key) {
      const text = used.get(key) ?? saved.get(key);
      if (text === undefined) return undefined;
      used.set(key, text);
      return JSON.parse(text) as KeptCheck;
    },
    remember(key, check) {
      used.set(key, JSON.stringify(check));
    },
    save,
  };
}
