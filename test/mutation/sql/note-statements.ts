/** Which statements a test file has SQLite prepare: by them the tests of a mutant are found. */
import BetterSqlite3 from "better-sqlite3";
import { afterEach } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    statements?: readonly string[];
  }
}

const statements = new Set<string>();
const { prototype } = BetterSqlite3;
const prepare = Reflect.get(prototype, "prepare") as (this: unknown, text: string) => unknown;
Object.assign(prototype, {
  prepare(this: unknown, text: string): unknown {
    statements.add(text);
    return prepare.call(this, text);
  },
});

afterEach(({ task }) => {
  task.file.meta.statements = [...statements];
});
