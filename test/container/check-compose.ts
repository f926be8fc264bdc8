/** Whether a compose file runs the image with the promised restrictions; gives one line for each fault. */
import { parse } from "yaml";
import { z } from "zod";

const serviceSchema = z.looseObject({
  env_file: z.array(z.strictObject({ path: z.string(), required: z.boolean() })).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  tmpfs: z.array(z.string()).default([]),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  privileged: z.boolean().default(false),
  init: z.boolean().default(false),
  user: z.string().optional(),
  ports: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  network_mode: z.string().optional(),
  stop_grace_period: z.string().optional(),
  restart: z.string().default("no"),
  command: z.unknown().optional(),
});
const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()).default({}),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })).default({}),
});

export function checkCompose(text: string): readonly string[] {
  const parsed = composeSchema.safeParse(parse(text));
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  const service = parsed.data.services["dagmar"];
  if (service === undefined) return ["no service dagmar"];
  const faults: string[] = [];
  const need = (isMet: boolean, fault: string): void => {
    if (!isMet) faults.push(fault);
  };
  const named = service.volumes.find((volume) => volume.endsWith(":/data"));
  need(
    service.env_file.some(({ path, required }) => path === ".env" && !required),
    "env file",
  );
  need(service.read_only, "writable root");
  need(
    service.tmpfs.some((mount) => /^\/tmp\b/.test(mount)),
    "no /tmp",
  );
  need(service.cap_drop.includes("ALL") && service.cap_add.length === 0, "capabilities");
  need(service.security_opt.includes("no-new-privileges:true"), "new privileges");
  need(!service.privileged, "privileged");
  need(service.network_mode === undefined && service.ports.join() === "127.0.0.1:8793:8793", "network");
  need(
    service.environment["DAGMAR_WEB_PASSWORD_FILE"] === "/run/secrets/web_password" &&
      service.secrets.includes("web_password") &&
      parsed.data.secrets["web_password"]?.file === "./data/web-password",
    "no password",
  );
  need(service.user === undefined || /^[1-9]/.test(service.user), "root");
  // The image's own init would find itself to be the second process and complain.
  need(!service.init, "two inits");
  need(
    named !== undefined && (named.split(":")[0] ?? "") in parsed.data.volumes,
    "no named volume for /data",
  );
  need(service.volumes.includes("./data/input:/input:ro"), "input not read-only");
  need(service.volumes.includes("./dags:/app/dags:ro"), "dags not read-only");
  need(!service.volumes.some((volume) => volume.includes("docker.sock")), "docker socket");
  need(seconds(service.stop_grace_period) >= 30, "no time to drain");
  for (const name of ["DAGMAR_DB", "DAGMAR_LOGS", "DAGMAR_INPUT", "DAGMAR_DAGS"]) {
    need(service.environment[name]?.startsWith("/") === true, `${name} may be moved by .env`);
  }
  need(service.environment["DAGMAR_HTTP"] === "0.0.0.0:8793", "health is asked elsewhere");
  need(service.restart === "unless-stopped", "does not come back");
  need(service.command === undefined, "not the service");
  need(!Object.keys(service.environment).some((name) => SECRET.test(name)), "secret");
  return faults;
}

const SECRET = /(?:TOKEN|SECRET|PASSWORD|KEY)(?!_FILE)/;

function seconds(duration = ""): number {
  const [, amount = "0", unit = "s"] = /^(\d+)(s|m)$/.exec(duration) ?? [];
  return Number(amount) * (unit === "m" ? 60 : 1);
}
