/** A mail server on loopback that answers as a test says, and keeps what it accepted. */
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { onTestFinished } from "vitest";
import type { MailRoute } from "../../model/ports/mail-route.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "./connect-proxy/certificate.ts";

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** `null` without a sign-in. */
  readonly user: string | null;
  readonly isEncrypted: boolean;
  /** Header fields in lower case, unfolded. */
  readonly headers: ReadonlyMap<string, string>;
  /** Decoded. */
  readonly body: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** Connections that have come. */
  readonly connections: () => number;
}

export type Refusing = (at: "connect" | "auth" | "from" | "to" | "data", text: string) => string | undefined;

export interface MailServerOptions extends SMTPServerOptions {
  /** The reply, such as `550 5.1.1 Unknown`, to refuse with. */
  readonly refuse?: Refusing;
  /** Whether this mail, which is received whole, never gets an answer. */
  readonly isHeld?: (mail: Mail) => boolean;
  readonly password?: string;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { refuse = () => undefined, isHeld = () => false, password, ...rest } = options;
  const mails: Mail[] = [];
  let connections = 0;
  const judge = (at: Parameters<Refusing>[0], text: string): Error | null => {
    const reply = refuse(at, text);
    if (reply === undefined) return null;
    return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
  };
  const server = new SMTPServer({
    logger: false,
    authOptional: password === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    cert: CERTIFICATE,
    key: CERTIFICATE_KEY,
    ...rest,
    onConnect(_session, done) {
      connections += 1;
      done(judge("connect", ""));
    },
    onAuth(auth, _session, done) {
      const isRight = auth.password === password;
      const refused = judge("auth", auth.username ?? "");
      if (refused !== null) done(refused);
      else if (isRight) done(null, { user: auth.username });
      else done(Object.assign(new Error("5.7.8 Invalid user or password"), { responseCode: 535 }));
    },
    onMailFrom: ({ address }, _session, done) => done(judge("from", address)),
    onRcptTo: ({ address }, _session, done) => done(judge("to", address)),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const refused = judge("data", "");
        if (refused !== null) {
          done(refused);
          return;
        }
        const { envelope, secure } = session;
        const user = session.user as unknown;
        const mail: Mail = {
          from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          user: typeof user === "string" ? user : null,
          isEncrypted: secure,
          ...parseMail(Buffer.concat(chunks).toString("utf8")),
        };
        mails.push(mail);
        if (!isHeld(mail)) done(null);
      });
    },
  });
  // A client that trusts no certificate ends the connection.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  );
  const { port } = server.server.address() as AddressInfo;
  return { port, mails, connections: () => connections };
}

/** Answers each line with what `reply` returns: nothing, a line, or the end of the connection. */
export async function startScriptedServer(reply: (line: string, socket: Socket) => string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const answer = (line: string): void => {
      const text = reply(line, socket);
      if (text !== "" && !socket.destroyed) socket.write(`${text}\r\n`);
    };
    socket.on("error", () => undefined);
    let rest = "";
    socket.on("data", (chunk) => {
      const lines = (rest + chunk.toString()).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) answer(line);
    });
    answer("");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return (server.address() as AddressInfo).port;
}

export function makeRoute(port: number, changes: Partial<MailRoute> = {}): MailRoute {
  return {
    host: "127.0.0.1",
    port,
    security: "none",
    login: null,
    from: { name: "Dagmar", address: "dagmar@example.com" },
    to: [{ name: "", address: "a@example.com" }],
    ...changes,
  };
}

function parseMail(source: string): Pick<Mail, "headers" | "body"> {
  const end = source.indexOf("\r\n\r\n");
  const fields = source
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), decodeWords(field.slice(colon + 1).trim())] as const;
    }),
  );
  if (headers.size !== fields.length) throw new Error(`a header field came twice:\n${source}`);
  const body = source.slice(end + 4);
  const encoding = headers.get("content-transfer-encoding") ?? "7bit";
  if (encoding === "base64") return { headers, body: Buffer.from(body, "base64").toString() };
  return {
    headers,
    body: encoding === "quoted-printable" ? decodeQuoted(body.replaceAll(/=\r\n/g, "")) : body,
  };
}

/** RFC 2047; white space between two encoded words is none. */
function decodeWords(text: string): string {
  return text
    .replaceAll(/(=\?[^?]+\?[BQ]\?[^?]*\?=)\s+(?==\?)/gi, "$1")
    .replaceAll(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_all, kind: string, word: string) =>
      kind.toUpperCase() === "B"
        ? Buffer.from(word, "base64").toString()
        : decodeQuoted(word.replaceAll("_", " ")),
    );
}

function decodeQuoted(text: string): string {
  return Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString();
}
