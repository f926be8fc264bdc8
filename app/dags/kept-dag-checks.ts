/** The checks of Dag files that a scheduler keeps in its database from one start to the next. */
import type { KeptCheck, KeptChecks } from "../../config/dag-file/kept-checks.ts";
import { describeError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports/logger.ts";
import { changeDagFileChecks, listDagFileChecks } from "../../state/runs/dag-file-checks.ts";
import type { Database } from "../../state/sqlite/database.ts";

export interface DagCheckStore extends KeptChecks {
  /** Keeps only the checks that were found or reused since the last call. Never raises. */
  save(): Promise<void>;
}

export function openDagCheckStore(database: Database, build: string, log: Logger): DagCheckStore {
  let saved = listDagFileChecks(database);
  let used = new Map<string, string>();

  async function save(): Promise<void> {
    const current = used;
    used = new Map();
    const gone = [...saved.keys()].filter((key) => !current.has(key));
    const added = new Map([...current].filter(([key, text]) => saved.get(key) !== text));
    if (gone.length === 0 && added.size === 0) return;
    try {
      await database.write((query) => changeDagFileChecks(query, gone, added));
      saved = current;
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
