/** As for code; and one mutant of SQL, which comes in the environment, or else a note of the statements that each file runs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, mergeConfig } from "vitest/config";
import type { Reporter, TestModule } from "vitest/node";
import { WORK_FOLDER } from "../rooms.ts";
import config from "../vitest.config.ts";
import { applyMutant, type SqlMutant } from "./list-sql-mutants.ts";

const given = process.env["DAGMAR_TEST_SQL_MUTANT"];
const mutant = given === undefined ? undefined : (JSON.parse(given) as SqlMutant);

const statementsReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const notes = modules.map((module) => ({
      file: module.relativeModuleId,
      durationMs: module.diagnostic().duration,
      statements: module.meta().statements ?? [],
    }));
    writeFileSync(join(WORK_FOLDER, "statements.json"), JSON.stringify(notes));
  },
};

export default mergeConfig(
  config,
  defineConfig({
    plugins: [
      {
        name: "sql-mutant",
        enforce: "pre",
        transform(code, id) {
          if (mutant === undefined || !id.endsWith(`/${mutant.file}`)) return undefined;
          return { code: applyMutant(code, mutant), map: null };
        },
      },
    ],
    test: {
      setupFiles: ["test/mutation/sql/note-statements.ts"],
      reporters: mutant === undefined ? ["dot", statementsReporter] : ["dot"],
      bail: mutant === undefined ? 0 : 1,
      maxWorkers: 1,
    },
  }),
);
