/** What a task type declares as plain data: its settings, error codes, failpoints and pools. Read at every start. */
import type { ErrorTable } from "../errors.ts";
import type { Parsed } from "../text/address.ts";

/** A variable of the environment, or of `.env`. */
export interface SettingDeclaration<Value = unknown> {
  readonly name: string;
  /** As text; absent if there is none. */
  readonly default?: string;
  readonly description: string;
  /** A value to show in `.env.example` and the reference. */
  readonly example?: string;
  readonly isSecret: boolean;
  /** `<name>_FILE` may name a file that holds the value. */
  readonly hasFileVariant: boolean;
  /** A fault's text follows the variable's name and never repeats a secret. */
  readonly parse: (text: string) => Parsed<Value>;
}

export interface TaskDeclaration {
  readonly settings?: readonly SettingDeclaration[];
  /** Its error codes, in addition to `ERROR_CODES`. Their names also go into `TaskErrors`. */
  readonly errors?: ErrorTable;
  /** Its own points at which a test may end the process. Their names also go into `TaskFailpoints`. */
  readonly failpoints?: readonly string[];
  /** Default number of places by pool. */
  readonly pools?: Readonly<Record<string, number>>;
}

/** What is configured, by variable, as the variables' own parsers gave it. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** `undefined` if nothing is set and there is no default. */
export function readSetting<Value>(
  values: SettingValues,
  setting: SettingDeclaration<Value> & { readonly default: string },
): Value;
export function readSetting<Value>(
  values: SettingValues,
  setting: SettingDeclaration<Value>,
): Value | undefined;
export function readSetting<Value>(
  values: SettingValues,
  { name }: SettingDeclaration<Value>,
): Value | undefined {
  return values[name] as Value | undefined;
}
