/** What a task type declares of itself as plain data: its settings, error codes, failpoints and pools. Read at every start. */
import type { ErrorTable } from "../errors.ts";
import type { Parsed } from "../text/address.ts";

/** A variable of the environment, or of `.env`. */
export interface SettingDeclaration<Value = unknown> {
  readonly name: string;
  /** As text, where there is one. */
  readonly default?: string;
  readonly description: string;
  /** A value to show in `.env.example` and the reference. */
  readonly example?: string;
  readonly isSecret: boolean;
  /** `<name>_FILE` may name a file that holds the value. */
  readonly hasFileVariant: boolean;
  /** A fault continues the sentence that begins with the variable's name, and repeats no secret. */
  readonly parse: (text: string) => Parsed<Value>;
}

export interface TaskDeclaration {
  readonly settings?: readonly SettingDeclaration[];
  /** What its errors mean, beside `ERROR_CODES`. Their names also go into `TaskErrors`. */
  readonly errors?: ErrorTable;
  /** Instants of its own at which a test may end the process. Their names also go into `TaskFailpoints`. */
  readonly failpoints?: readonly string[];
  /** Places by pool, where the configuration does not say otherwise. */
  readonly pools?: Readonly<Record<string, number>>;
}

/** What is configured, by variable, as the variables' own parsers gave it. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** `undefined` where nothing is set and there is no default. */
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
