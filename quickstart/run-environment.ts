/** The environment of the quickstart's runs: the caller's, without anything that could lead them to a real lake or TMDB. */
import { join } from "node:path";

const REAL_SETTINGS = /^(DAGMAR|TMDB|AWS)_/;
/** The simulator keeps up with far more than TMDB's 30. */
const RATE_PER_SECOND = 1000;

interface RunSettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly dagsFolder: string;
}

export function buildRunEnvironment(
  settings: RunSettings,
  simulatorUrl: string,
): Record<string, string | undefined> {
  const kept = Object.entries(settings.environment).filter(([name]) => !REAL_SETTINGS.test(name));
  return {
    ...Object.fromEntries(kept),
    DAGMAR_LAKE: `file:${join(settings.folder, "lake")}`,
    DAGMAR_DB: join(settings.folder, "dagmar.db"),
    DAGMAR_INPUT: join(settings.folder, "input"),
    DAGMAR_DAGS: settings.dagsFolder,
    TMDB_BASE_URL: simulatorUrl,
    TMDB_API_TOKEN: "simulator",
    TMDB_RATE_PER_SECOND: String(RATE_PER_SECOND),
  };
}
