import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
}

/** An authority, a server for 127.0.0.1 and a client, made by openssl in `folder`; `ca` and `client` are paths. */
export function certificates(folder: string): Certificates {
  const at = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync("openssl", words, { stdio: "ignore" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
    "-subj",
    "/CN=Test authority",
  );
  const issue = (name: string, ...extensions: string[]) =>
    openssl(
      ...["req", "-x509", ...key, "-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)],
      ...["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-subj", `/CN=${name}`],
      ...extensions.flatMap((extension) => ["-addext", extension]),
    );
  issue("server", "subjectAltName=IP:127.0.0.1", "basicConstraints=critical,CA:FALSE");
  issue("client", "basicConstraints=critical,CA:FALSE");
  return {
    ca: at("ca.pem"),
    server: { cert: readFileSync(at("server.pem"), "utf8"), key: readFileSync(at("server.key"), "utf8") },
    client: { certificate: at("client.pem"), key: at("client.key") },
  };
}
