import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface LocalServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/** A server on a free local port that answers JSON (or text, where the body is text). */
export async function listen(
  answer: (asked: Asked) => Promise<{ readonly status: number; readonly body: unknown }>,
): Promise<LocalServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "GET", url = "/" } = request;
      answer({ method, url, body: Buffer.concat(chunks).toString("utf8") }).then(
        ({ status, body }) => {
          const text = typeof body === "string" ? body : JSON.stringify(body);
          response.writeHead(status, { "content-type": "application/json" }).end(text);
        },
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
