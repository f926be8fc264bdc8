/** The module of DuckDB as a type: it is loaded where it is needed, because it may not be installed. */
import type * as duckdbModule from "@duckdb/node-api";

export type Duckdb = typeof duckdbModule;
