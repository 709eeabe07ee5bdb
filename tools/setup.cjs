/*
 * What a fresh checkout needs before any of its TypeScript can run: the packages of package-lock.json and a Node that runs .ts files.
 * Plain CommonJS for Node 18 and later, without dependencies, because it runs before anything is installed.
 */
'use strict';
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** The first Node that strips types without a flag and has node:sqlite, WebCrypto Ed25519 and zlib as this project uses them. */
const nodeLeast = [24, 12];

/** How long a second set-up waits for one that runs already. */
const lockWaitMs = 15 * 60_000;

/**
 * Installs what is missing and returns the path of a Node that can run the project.
 * @param {string} root the folder of package-lock.json
 * @returns {string} path of the node executable
 * @throws {SetupError} with a message for people
 */
function setUp(root) {
  if (isInstalled(root)) {
    const node = findNode(root);
    if (node !== undefined) return node;
  }
  withLock(root, () => {
    if (!isInstalled(root)) install(root);
  });
  const node = findNode(root);
  if (node !== undefined) return node;
  throw new SetupError(
    `Reprise needs Node ${nodeLeast.join('.')} or later. This is ${process.version} on ${process.platform}-${process.arch}, and npm found no Node package that runs here.\n` +
      'Install a newer Node (https://nodejs.org) and run the command again.',
  );
}

class SetupError extends Error {}

/** True when everything that package-lock.json asks for on this platform is in node_modules, in that version. */
function isInstalled(root) {
  const wanted = readJson(path.join(root, 'package-lock.json'));
  const present = readJson(path.join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  const stampFile = path.join(root, 'node_modules', '.reprise-stamp');
  const stamp = makeStamp(root);
  if (readText(stampFile) === stamp) return true;
  if (differences(wanted.packages, present.packages).length > 0) return false;
  try {
    fs.writeFileSync(stampFile, stamp);
  } catch {
    // A read-only checkout works too; it only compares again next time.
  }
  return true;
}

/** Names of the packages that are absent or of another version. Optional ones may be absent: npm leaves out what does not fit the platform. */
function differences(wanted, present) {
  const wrong = [];
  for (const [place, entry] of Object.entries(wanted)) {
    if (!/(^|\/)node_modules\//.test(place)) continue;
    const found = present[place];
    if (found === undefined) {
      if (!entry.optional && !entry.peer) wrong.push(place);
    } else if (found.version !== entry.version) wrong.push(place);
  }
  return wrong;
}

/** Changes when the lock file, npm's record of what it installed, or the platform changes. */
function makeStamp(root) {
  const hash = createHash('sha256');
  hash.update(`${process.platform}-${process.arch}\n`);
  for (const file of ['package-lock.json', path.join('node_modules', '.package-lock.json')])
    hash.update(readText(path.join(root, file)) ?? '');
  return hash.digest('hex');
}

function install(root) {
  checkWritable(root);
  const fresh = !fs.existsSync(path.join(root, 'node_modules', '.package-lock.json'));
  const locked = fs.existsSync(path.join(root, 'package-lock.json'));
  say('Installing the packages (about 910 MB on disk; one to three minutes the first time) …');
  const began = Date.now();
  // No dependency has an install script, so none is allowed to run: no compiler is needed and a hijacked package cannot act here.
  const common = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // `ci` starts from nothing and takes the lock file literally; `install` keeps what is right already and forgives a lock file edited by hand.
  const attempts = [['install', ...(locked ? ['--no-save'] : []), ...common]];
  if (fresh && locked) attempts.unshift(['ci', ...common]);
  let result = 1;
  for (const attempt of attempts) {
    result = runNpm(root, attempt);
    if (result === 0) break;
  }
  if (result !== 0) {
    throw new SetupError(
      `npm could not install the packages (exit code ${result}); its message is above. Once the network and the npm registry answer, run the command again.`,
    );
  }
  if (locked && !isInstalled(root)) {
    const wrong = differences(
      readJson(path.join(root, 'package-lock.json')).packages,
      readJson(path.join(root, 'node_modules', '.package-lock.json')).packages,
    );
    throw new SetupError(
      `npm reported success, yet these packages differ from package-lock.json: ${wrong.slice(0, 5).join(', ')}. Delete node_modules and run the command again.`,
    );
  }
  say(`Packages installed in ${Math.round((Date.now() - began) / 1000)} s.`);
}

function checkWritable(root) {
  try {
    fs.accessSync(root, fs.constants.W_OK);
  } catch {
    throw new SetupError(
      `The folder ${root} cannot be written by ${os.userInfo().username}: clone the repository into a folder of your own.`,
    );
  }
}

/** Runs the npm that started us, else the one on the PATH, and returns its exit code. */
function runNpm(root, args) {
  const env = { ...process.env, PATH: pathWithout(path.join(root, 'node_modules', '.bin')) };
  // npm hands its own settings down as npm_config_*; a --prefix or --workspace meant for the outer call must not steer this one.
  for (const name of Object.keys(env))
    if (/^npm_config_(local_)?(prefix|workspaces?|include_workspace_root|ignore_scripts|dry_run|global)$/i.test(name)) delete env[name];
  // The outer npm puts this back; what its user said about the registry, the cache or a proxy stays.
  const script = process.env.npm_execpath;
  const node = process.env.npm_node_execpath;
  const viaOuter =
    script !== undefined &&
    /npm-cli\.c?js$/.test(script) &&
    fs.existsSync(script) &&
    node !== undefined &&
    fs.existsSync(node) &&
    !node.startsWith(path.join(root, 'node_modules'));
  const windows = process.platform === 'win32';
  const [command, first] = viaOuter ? [node, [script]] : [windows ? 'npm.cmd' : 'npm', []];
  const result = spawnSync(command, [...first, ...args], { cwd: root, env, stdio: 'inherit', shell: windows && !viaOuter });
  if (result.error && result.error.code === 'ENOENT')
    throw new SetupError(
      'npm is not on the PATH. Install Node with npm (on Debian and Ubuntu: apt install npm) and run the command again.',
    );
  if (result.signal) throw new SetupError('The installation was interrupted. Run the command again to go on.');
  return result.status === null ? 1 : result.status;
}

function pathWithout(folder) {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((entry) => path.resolve(entry) !== folder)
    .join(path.delimiter);
}

/** The pinned Node of the npm platform package, else the running one if it is new enough, else undefined. */
function findNode(root) {
  const windows = process.platform === 'win32';
  const pinned = path.join(
    root,
    'node_modules',
    `node-${windows ? 'win' : process.platform}-${process.arch}`,
    'bin',
    windows ? 'node.exe' : 'node',
  );
  if (pinned === process.execPath) return pinned;
  if (fs.existsSync(pinned)) {
    // A binary for another C library (Alpine) is present but does not start.
    const answer = spawnSync(pinned, ['--version'], { encoding: 'utf8' });
    if (answer.status === 0 && isNewEnough(answer.stdout.trim())) return pinned;
  }
  return isNewEnough(process.version) ? process.execPath : undefined;
}

/** @param {string} version as in `v26.10.0` */
function isNewEnough(version) {
  const match = /^v?(\d+)\.(\d+)\./.exec(version);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > nodeLeast[0] || (major === nodeLeast[0] && minor >= nodeLeast[1]);
}

/** One set-up at a time in one checkout: `npm start` and `npm test` may be typed in two terminals. */
function withLock(root, act) {
  checkWritable(root);
  const file = path.join(root, '.setup.lock');
  const giveUpAt = Date.now() + lockWaitMs;
  for (let told = false; !tryLock(file); ) {
    if (Date.now() > giveUpAt)
      throw new SetupError(`Another set-up still runs (process ${readText(file)}). If that is not so, delete ${file}.`);
    if (!told) say('Another set-up is running here; waiting for it …');
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
  try {
    act();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

function tryLock(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = Number(readText(file));
  if (holder > 0 && !isAlive(holder)) fs.rmSync(file, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(file) {
  const text = readText(file);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

module.exports = { setUp, isInstalled, differences, findNode, isNewEnough, withLock, SetupError };
