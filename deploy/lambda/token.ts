/** TMDB's token from Secrets Manager or SSM, by its name: fetched once for each process, before the settings are read. */
import { ConfigError, describeError } from "../../model/errors.ts";

/** The variables of the function that name the token; the program's own settings do not have them. */
const SECRET = "TMDB_API_TOKEN_SECRET";
const PARAMETER = "TMDB_API_TOKEN_PARAMETER";

type Variables = Record<string, string | undefined>;

let fetching: Promise<string> | undefined;

/**
 * Puts the token into `TMDB_API_TOKEN`. Does nothing if neither variable is set. Raises `CONFIG_INVALID` if both are, and
 * `SECRET_MISSING` if the service does not give it; the next invocation asks again.
 */
export async function provideToken(variables: Variables = process.env): Promise<void> {
  const { [SECRET]: secret, [PARAMETER]: parameter } = variables;
  if (secret !== undefined && parameter !== undefined) {
    throw new ConfigError("CONFIG_INVALID", `${SECRET} and ${PARAMETER} are both set.`, {
      hint: "Name the token in one of them.",
    });
  }
  if (secret !== undefined) fetching ??= fetchOrName(readSecret(secret), SECRET, secret);
  if (parameter !== undefined) fetching ??= fetchOrName(readParameter(parameter), PARAMETER, parameter);
  if (fetching === undefined) return;
  try {
    variables["TMDB_API_TOKEN"] = await fetching;
  } catch (error) {
    fetching = undefined;
    throw error;
  }
}

async function fetchOrName(reading: Promise<string>, variable: string, name: string): Promise<string> {
  try {
    return await reading;
  } catch (error) {
    throw new ConfigError(
      "SECRET_MISSING",
      `${variable} names ${name}, and its value could not be read: ${describeError(error)}`,
      {
        cause: error,
        hint: "Check the name and the region, and that the function's role may read it.",
      },
    );
  }
}

async function readSecret(name: string): Promise<string> {
  const { SecretsManager } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManager({});
  try {
    const { SecretString } = await client.getSecretValue({ SecretId: name });
    return readText(SecretString);
  } finally {
    client.destroy();
  }
}

async function readParameter(name: string): Promise<string> {
  const { SSM } = await import("@aws-sdk/client-ssm");
  const client = new SSM({});
  try {
    const { Parameter } = await client.getParameter({ Name: name, WithDecryption: true });
    return readText(Parameter?.Value);
  } finally {
    client.destroy();
  }
}

/** The token itself, or an object with one value, as the console of Secrets Manager makes it. */
function readText(text: string | undefined): string {
  const value = text?.trim() ?? "";
  const token = value.startsWith("{") ? readOnlyValue(value) : value;
  if (token === "") throw new Error("It is empty, or has more than one value.");
  return token;
}

function readOnlyValue(json: string): string {
  const values: readonly unknown[] = Object.values(JSON.parse(json) as Readonly<Record<string, unknown>>);
  const [only] = values;
  return values.length === 1 && typeof only === "string" ? only.trim() : "";
}
