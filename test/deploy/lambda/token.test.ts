/** The token by its name: from services on loopback, once for each process, and never in a message. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

interface Asked {
  readonly target: string;
  readonly body: Readonly<Record<string, unknown>>;
}

let asked: Asked[];
let answers: { status: number; body: unknown }[];
let close: () => void;

beforeEach(async () => {
  asked = [];
  answers = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Asked["body"];
      asked.push({ target: String(request.headers["x-amz-target"]), body });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      response.writeHead(answer?.status ?? 500, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(answer?.body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL: address,
    AWS_REGION: "sa-east-1",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_MAX_ATTEMPTS: "1",
  })) {
    vi.stubEnv(name, value);
  }
  vi.resetModules();
  close = () => server.close();
});
afterEach(() => {
  close();
  vi.unstubAllEnvs();
});

/** A process of its own: the module remembers. */
const load = async () => (await import("../../../deploy/lambda/token.ts")).provideToken;

test.each([
  ["the token itself", "eyJhbGciOi"],
  ["an object with one value, as the console makes it", '{"TMDB_API_TOKEN": " eyJhbGciOi "}'],
])("a secret may be %s; it is fetched once", async (_how, SecretString) => {
  answers = [{ status: 200, body: { SecretString } }];
  const provideToken = await load();
  const variables: Record<string, string | undefined> = { TMDB_API_TOKEN_SECRET: "tmdb/token" };
  await Promise.all([provideToken(variables), provideToken(variables)]);
  expect(variables["TMDB_API_TOKEN"]).toBe("eyJhbGciOi");
  expect(asked).toEqual([{ target: "secretsmanager.GetSecretValue", body: { SecretId: "tmdb/token" } }]);
});

test("a parameter is fetched decrypted", async () => {
  answers = [{ status: 200, body: { Parameter: { Value: "eyJhbGciOi" } } }];
  const variables: Record<string, string | undefined> = { TMDB_API_TOKEN_PARAMETER: "/dagmar/token" };
  await (
    await load()
  )(variables);
  expect(variables["TMDB_API_TOKEN"]).toBe("eyJhbGciOi");
  expect(asked).toEqual([
    { target: "AmazonSSM.GetParameter", body: { Name: "/dagmar/token", WithDecryption: true } },
  ]);
});

test("what the service refuses is named with the variable, and asked again by the next invocation", async () => {
  answers = [
    { status: 400, body: { __type: "AccessDeniedException", message: "not authorized to perform it" } },
    { status: 200, body: { SecretString: "eyJhbGciOi" } },
  ];
  const provideToken = await load();
  const variables: Record<string, string | undefined> = { TMDB_API_TOKEN_SECRET: "tmdb/token" };
  await expect(provideToken(variables)).rejects.toMatchObject({
    code: "SECRET_MISSING",
    message: expect.stringMatching(/^TMDB_API_TOKEN_SECRET names tmdb\/token.*not authorized/) as string,
  });
  await provideToken(variables);
  expect(variables["TMDB_API_TOKEN"]).toBe("eyJhbGciOi");
});

test.each(["", '{"a": "one", "b": "two"}', '{"a": 1}'])(
  "%j is no token, and is not in the message",
  async (SecretString) => {
    answers = [{ status: 200, body: { SecretString } }];
    const error: unknown = await (
      await load()
    )({ TMDB_API_TOKEN_SECRET: "tmdb/token" }).catch((fault: unknown) => fault);
    expect(String(error)).toContain("It is empty, or has more than one value.");
    expect(String(error)).not.toContain("two");
  },
);

test("two names are one too many, and none is none", async () => {
  const provideToken = await load();
  await expect(
    provideToken({ TMDB_API_TOKEN_SECRET: "a", TMDB_API_TOKEN_PARAMETER: "b" }),
  ).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  const variables = {};
  await provideToken(variables);
  expect(variables).toEqual({});
  expect(asked).toEqual([]);
});
