/** Which settings are in force, for people: every variable, its value and where it comes from. Of a secret only that it is set. */
import type { SettingInForce } from "../../model/access/setting-in-force.ts";
import { makeMask } from "../../model/text/mask-secrets.ts";
import type { Environment } from "./environment.ts";
import type { Variable } from "./variables.ts";

const IN_ADDRESS = /\/\/[^/@\s]*@/g;

/** `secrets`: every secret value. A variable's value that holds one, or a password in an address, is masked. */
export function listSettingsInForce(
  { variables: given, fromDotEnv }: Environment,
  variables: readonly Variable[],
  secrets: readonly string[],
): readonly SettingInForce[] {
  const mask = makeMask(secrets);
  return variables.map(({ name, description, default: preset, isSecret, hasFileVariant }) => {
    const own = given[name];
    const isFile = own === undefined && hasFileVariant && given[`${name}_FILE`] !== undefined;
    const value = own ?? preset ?? null;
    return {
      name,
      description,
      isSecret,
      value: isSecret || value === null ? null : mask(value.replaceAll(IN_ADDRESS, "//[redacted]@")),
      origin: isFile
        ? "file"
        : own !== undefined
          ? fromDotEnv.has(name)
            ? ".env"
            : "environment"
          : preset === undefined
            ? "unset"
            : "default",
    };
  });
}
