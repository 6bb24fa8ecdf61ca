/**
 * Makes a fresh clone runnable: packages, redis-server, dist/. Every run checks, and does only what is
 * missing; with nothing to do it takes some ten milliseconds. Progress goes to stderr.
 * Plain JavaScript without packages: it runs before there are any.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const oldestNode = [20, 20];
const oldestRedis = [6, 2];
const packagesStamp = join(root, "node_modules", ".localexpert-packages");
const redisStamp = join(root, "node_modules", ".localexpert-redis");
const buildStamp = join(root, "dist", ".built-from");
const lockWaitMs = 10 * 60_000;

/** What stops the set-up: `message` says what is missing and what to do. */
class SetupError extends Error {}

/**
 * Checks everything and does what is missing.
 *
 * @throws {SetupError} with the remedy in its message.
 */
export function setUp() {
  checkNode();
  const redisWanted = (process.env.REDIS_URL ?? "").trim() === "";
  const isReady = () => packagesAreThere() && (!redisWanted || redisIsKnown()) && buildIsCurrent();
  if (isReady()) return;
  underLock(() => {
    if (!packagesAreThere()) installPackages();
    if (redisWanted && !redisIsKnown()) findOrInstallRedis();
    if (!buildIsCurrent()) build();
  });
}

/** Runs the set-up and says why it stopped, if it did. Returns whether all is there. */
export function setUpOrSay() {
  try {
    setUp();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return false;
  }
}

function say(text) {
  process.stderr.write(`[set-up] ${text}\n`);
}

function isAtLeast(version, [major, minor]) {
  return version[0] > major || (version[0] === major && version[1] >= minor);
}

function checkNode() {
  const version = process.versions.node.split(".").map(Number);
  if (isAtLeast(version, oldestNode)) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old: LocaleXpert needs ${oldestNode.join(".")} or newer. ` +
      "Install the current long-term release from https://nodejs.org and try again.",
  );
}

// ── Packages ────────────────────────────────────────────────────────────────────────────────────

function lockfileHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(process.platform + process.arch)
    .digest("hex");
}

function packagesAreThere() {
  const hash = lockfileHash();
  if (readText(packagesStamp) === hash) return true;
  if (!installedByHand()) return false;
  writeFileSync(packagesStamp, hash);
  return true;
}

/** Whether someone has run `npm ci` or `npm install` themselves: npm keeps its own record of what it installed. */
function installedByHand() {
  const record = readText(join(root, "node_modules", ".package-lock.json"));
  if (record === null) return false;
  const installed = JSON.parse(record).packages;
  const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const same = (path) =>
    installed[path]?.version === locked[path]?.version &&
    installed[path]?.integrity === locked[path]?.integrity &&
    existsSync(join(root, path));
  const wanted = Object.keys(locked).filter((path) => path !== "" && locked[path].optional !== true);
  return wanted.every(same) && Object.keys(installed).every(same);
}

function installPackages() {
  say("installing packages …");
  const result = run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error");
  if (result !== 0) {
    throw new SetupError(
      'The packages could not be installed. See what npm said above; "npm ci" in this folder tries again.',
    );
  }
  writeFileSync(packagesStamp, lockfileHash());
}

// ── Redis ───────────────────────────────────────────────────────────────────────────────────────

/** Asking redis-server for its version costs a process; the answer holds for as long as the file is the same. */
function redisIsKnown() {
  const path = onPath("redis-server");
  return path !== null && readText(redisStamp) === identity(path);
}

function identity(path) {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

function onPath(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** [major, minor] of a redis-server, or of a Valkey under its name; null when it does not tell. */
function redisVersion(path) {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000 });
  const found = /v=(\d+)\.(\d+)/.exec(stdout ?? "");
  return found === null ? null : [Number(found[1]), Number(found[2])];
}

function suitableRedis() {
  const path = onPath("redis-server");
  if (path === null) return { path: null, problem: "redis-server is not installed" };
  const version = redisVersion(path);
  if (version !== null && isAtLeast(version, oldestRedis)) return { path, problem: null };
  return { path: null, problem: `${path} is version ${version?.join(".") ?? "unknown"}` };
}

function findOrInstallRedis() {
  let { path, problem } = suitableRedis();
  if (path === null) {
    const installer = redisInstaller();
    if (installer !== null) {
      say(`installing redis-server with ${installer.name} …`);
      installer.install();
      ({ path, problem } = suitableRedis());
    }
  }
  if (path === null) {
    throw new SetupError(
      `${problem}, and could not be installed from here; ${oldestRedis.join(".")} or newer is needed. Install it ` +
        '("sudo apt-get install redis-server", "brew install redis", "sudo dnf install redis", "apk add redis"), ' +
        "or set REDIS_URL to a Redis of yours (redis://host:6379), and try again.",
    );
  }
  writeFileSync(redisStamp, identity(path));
}

/** The system's package manager, where we may use it without asking anyone for a password. */
function redisInstaller() {
  if (onPath("apt-get") !== null) {
    const sudo = asRoot();
    if (sudo === null) return null;
    return { name: "apt", install: () => installWithApt(sudo, "redis-server") };
  }
  if (onPath("brew") !== null) return { name: "brew", install: () => run("brew", "install", "redis") };
  return null;
}

function installWithApt(sudo, name) {
  const apt = (...words) => run(...sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", ...words);
  const install = () => apt("install", "-y", "--no-install-recommends", name);
  // Package lists are missing in fresh images and get stale in old ones; both fail, and an update helps.
  if (install() === 0) return;
  apt("update");
  install();
}

/** The words in front of a command that make it root's; null when we may not be root. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  if (onPath("sudo") === null) return null;
  const allowed = spawnSync("sudo", ["-n", "true"], { stdio: "ignore", timeout: 10_000 });
  return allowed.status === 0 ? ["sudo", "-n"] : null;
}

// ── Servers that only tests need ────────────────────────────────────────────────────────────────

/** Debian packages, and a program of each. */
const testServers = [
  { name: "prometheus", program: "prometheus" },
  { name: "victoria-metrics", program: "victoria-metrics" },
];
const testServersFolder = join(root, ".localexpert", "test-servers");
/** Microsoft's own page for trying bots. Not among the packages: its licence is no open one, and only tests need it. */
const playground = { name: "@microsoft/m365agentsplayground", version: "0.2.28" };
const playgroundFolder = join(testServersFolder, "playground");
/** By any of its names it does; with none of them it is installed, for it starts no service. */
const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Unpacks the servers that live tests talk to, where they are not installed. They are not installed here
 * either: that would start them as services, and a package that is only unpacked needs no rights and leaves
 * the system as it is. Without them their tests are skipped and say so.
 */
function fetchTestServers() {
  const there = ({ program }) =>
    onPath(program) !== null || existsSync(join(testServersFolder, "usr", "bin", program));
  const browserIsThere = () => browsers.some((name) => onPath(name) !== null);
  const playgroundManifest = join(playgroundFolder, "node_modules", playground.name, "package.json");
  const playgroundIsThere = () =>
    JSON.parse(readText(playgroundManifest) ?? "{}").version === playground.version;
  if (testServers.every(there) && browserIsThere() && playgroundIsThere()) return;
  underLock(() => {
    for (const server of testServers) if (!there(server)) unpack(server.name);
    if (!browserIsThere()) installBrowser();
    if (!playgroundIsThere()) fetchPlayground();
  });
}

function installBrowser() {
  const sudo = onPath("apt-get") === null ? null : asRoot();
  if (sudo !== null) {
    say("installing chromium with apt for the tests …");
    installWithApt(sudo, "chromium");
  }
  if (onPath("chromium") === null) say("chromium is not installed: tests in a browser will be skipped.");
}

function fetchPlayground() {
  const { name, version } = playground;
  say(`fetching ${name} ${version} for the tests, under Microsoft's own licence terms …`);
  mkdirSync(playgroundFolder, { recursive: true });
  const words = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", "--no-package-lock"];
  const result = run("npm", "install", "--prefix", playgroundFolder, ...words, `${name}@${version}`);
  if (result !== 0) say(`${name} could not be fetched: tests of Teams' page will be skipped.`);
}

function unpack(name) {
  if (onPath("apt-get") === null || onPath("dpkg-deb") === null) return;
  say(`fetching ${name} for the tests …`);
  const folder = join(testServersFolder, "packages", name);
  mkdirSync(folder, { recursive: true });
  const download = () =>
    spawnSync("apt-get", ["-q", "download", name], { cwd: folder, stdio: ["ignore", 2, 2] }).status === 0;
  const sudo = asRoot();
  // Package lists are missing in fresh images and get stale in old ones.
  if (!download() && (sudo === null || run(...sudo, "apt-get", "-q", "update") !== 0 || !download())) {
    say(`${name} could not be fetched: its tests will be skipped.`);
    return;
  }
  const file = readdirSync(folder).find((one) => one.endsWith(".deb"));
  if (file !== undefined) run("dpkg-deb", "-x", join(folder, file), testServersFolder);
  rmSync(folder, { recursive: true, force: true });
}

// ── dist/ ───────────────────────────────────────────────────────────────────────────────────────

const rooms = ["bot", "cli", "jobs", "pipeline", "prompts", "connectors", "bench", "testbed"];

/** Names, sizes and times of all sources: reading some hundred files for their content would cost more than it saves. */
function sourceState() {
  const files = readdirSync(root).filter((name) =>
    /\.ts$|^tsconfig.*\.json$|^package-lock\.json$/.test(name),
  );
  for (const room of rooms) {
    if (!existsSync(join(root, room))) continue;
    for (const name of readdirSync(join(root, room), { recursive: true })) {
      if (/\.(ts|json|md)$/.test(name)) files.push(join(room, name));
    }
  }
  const hash = createHash("sha256");
  for (const name of files.sort()) {
    const { size, mtimeMs } = statSync(join(root, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function buildIsCurrent() {
  return readText(buildStamp) === sourceState();
}

function build() {
  say("building …");
  // Taken before: a source that changes during the build makes the next run build again.
  const state = sourceState();
  // Nothing may take a half-built dist/ for a whole one.
  rmSync(buildStamp, { force: true });
  const started = Date.now();
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  // "npm run check" checks the types; whoever starts the program should not wait for that.
  const result = run(process.execPath, tsc, "-p", join(root, "tsconfig.build.json"), "--noCheck");
  if (result !== 0) throw new SetupError('dist/ could not be built. See above; "npm run check" says more.');
  copyTexts();
  dropOutputBefore(started);
  writeFileSync(buildStamp, state);
}

/** Prompts and knowledge are data beside the code that reads them. What is gone from the sources goes. */
function copyTexts() {
  const from = join(root, "prompts");
  if (!existsSync(from)) return;
  const to = join(root, "dist", "prompts");
  const texts = readdirSync(from, { recursive: true }).filter((name) => name.endsWith(".md"));
  for (const name of texts) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    copyFileSync(join(from, name), join(to, name));
  }
  for (const name of readdirSync(to, { recursive: true })) {
    if (name.endsWith(".md") && !texts.includes(name)) rmSync(join(to, name));
  }
}

/**
 * Removes what is left of sources that are gone. Not all of dist/ before the build: programs that run
 * load their parts of it when they need them.
 */
function dropOutputBefore(time) {
  for (const name of readdirSync(join(root, "dist"), { recursive: true })) {
    const path = join(root, "dist", name);
    const { mtimeMs } = statSync(path);
    // A second of grace for file systems that keep whole seconds.
    if (/\.js(\.map)?$/.test(name) && mtimeMs < time - 1_000) rmSync(path);
  }
}

// ── One at a time ───────────────────────────────────────────────────────────────────────────────

/**
 * Runs `work` while no other set-up of this clone does. The lock is a symbolic link that names its
 * holder's process, made in one step; one whose holder is gone is taken over. It lies outside of
 * node_modules/ and dist/, which the work removes.
 */
function underLock(work) {
  const folder = join(root, ".localexpert");
  const lock = join(folder, "setup.lock");
  mkdirSync(folder, { recursive: true });
  const deadline = Date.now() + lockWaitMs;
  let told = false;
  while (!takeLock(lock)) {
    if (Date.now() > deadline) {
      throw new SetupError(
        `Another set-up has held ${lock} for ${lockWaitMs / 60_000} minutes. Remove it if none runs.`,
      );
    }
    if (!told) say("waiting for another set-up …");
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock) {
  try {
    symlinkSync(String(process.pid), lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const holder = readLink(lock);
  if (holder === null || isAlive(Number(holder))) return false;
  // Two set-ups may find the same dead holder: only the one that makes this folder removes its lock,
  // and only if it is still that holder's.
  try {
    mkdirSync(`${lock}.break`);
  } catch {
    // Left by one that was killed in the moment of breaking; without it the next try gets on.
    if (ageMs(`${lock}.break`) > 5_000) rmSync(`${lock}.break`, { recursive: true, force: true });
    return false;
  }
  try {
    if (readLink(lock) === holder) rmSync(lock, { force: true });
  } finally {
    rmSync(`${lock}.break`, { recursive: true, force: true });
  }
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function readLink(path) {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Runs a command with its output on stderr, for stdout belongs to the program. Returns its exit status. */
function run(command, ...words) {
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: ["ignore", 2, 2] });
  if (error !== undefined) say(`${command}: ${error.message}`);
  return status ?? 1;
}

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) {
  if (!setUpOrSay()) process.exitCode = 1;
  else if (process.argv.includes("--tests")) fetchTestServers();
}
