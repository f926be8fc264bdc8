/** What the made-up task type `weather-to-lake` declares: a variable, a secret, an error code, a failpoint and a pool. */
import type { ErrorTable } from "../../../model/errors.ts";
import type { SettingDeclaration, TaskDeclaration } from "../../../model/ports/task-declaration.ts";
import { parseAddress } from "../../../model/text/address.ts";

const ERRORS = {
  WEATHER_UNKNOWN_STATION: { exit: 78, meaning: "The weather service has no such station." },
} as const satisfies ErrorTable;

const POINTS = ["weather.before"] as const;

declare module "../../../model/errors.ts" {
  interface TaskErrors extends Readonly<Record<keyof typeof ERRORS, unknown>> {}
}
declare module "../../../model/failpoint.ts" {
  interface TaskFailpoints extends Readonly<Record<(typeof POINTS)[number], true>> {}
}

export const ADDRESS = {
  name: "WEATHER_ADDRESS",
  default: "https://weather.example/v1",
  description: "Where the weather service answers.",
  isSecret: false,
  hasFileVariant: false,
  parse: parseAddress,
};
export const KEY: SettingDeclaration<string> = {
  name: "WEATHER_KEY",
  description: "The weather service's key.",
  isSecret: true,
  hasFileVariant: true,
  parse: (text) => (text.includes(" ") ? { fault: "holds a space" } : { value: text }),
};

export const WEATHER_TO_LAKE: TaskDeclaration = {
  settings: [ADDRESS, KEY],
  errors: ERRORS,
  failpoints: POINTS,
  pools: { weather: 3 },
};
