import { honestText, openModelServer } from "./model-server.ts";

/**
 * Serves the tests' model until it is ended: `node --import ./test/support/load-typescript.mjs
 * test/support/serve-model.ts`. It answers at once what the evidence holds, so that what is measured with it is all
 * but the model.
 */
const server = await openModelServer({
  say: (request) => ({ text: honestText(request), cachedTokens: 0 }),
});
process.stdout.write(`${server.url}\n`);
