// A server of the kind that LARDER_PEER names, `larder serve` or `redis-server`, for tests that must pass on both.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const kind = process.env.LARDER_PEER;
const patience_ms = 30_000; // Until a test gives up: never reached when all is well.

export class Server {
  #folder = mkdtempSync(join(tmpdir(), 'larder-node-'));
  #password;
  #process;
  port;

  /** Starts one on a free port, with a password or without. */
  static async start({ password } = {}) {
    const server = new Server();
    server.#password = password;
    server.port = await freePort();
    await server.#run();
    return server;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Another process on the same port, empty: what a client sees of a crash. */
  async restart() {
    await this.#end();
    await this.#run();
  }

  async stop() {
    await this.#end();
    rmSync(this.#folder, { recursive: true });
  }

  async #run() {
    const [program, ...words] = kind === 'larder' ? this.#larder() : ['redis-server', '-'];
    this.#process = spawn(program, words, { stdio: ['pipe', 'ignore', 'inherit'] });
    const child = this.#process;
    process.once('exit', () => child.kill('SIGKILL'));
    // Through standard input: a password has no place among the arguments.
    child.stdin.end(kind === 'larder' ? '' : this.#redisSettings());
    await eventually(() => child.exitCode !== null || answers(this.port), `${kind} answers`);
    if (child.exitCode !== null) throw new Error(`${kind} ended with ${child.exitCode}`);
  }

  #larder() {
    const line = [process.env.LARDER, 'serve', '--port', `${this.port}`, '--threads', '2'];
    if (!this.#password) return line;
    const file = join(this.#folder, 'password');
    writeFileSync(file, this.#password, { mode: 0o600 });
    return [...line, '--requirepass-file', file];
  }

  #redisSettings() {
    const secret = this.#password ? `requirepass "${this.#password}"\n` : '';
    return `bind 127.0.0.1\nport ${this.port}\nsave ""\nappendonly no\ndir ${this.#folder}\n${secret}`;
  }

  async #end() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

/** Looks until it happens: no test waits a fixed time. */
export async function eventually(happens, what) {
  for (const deadline = Date.now() + patience_ms; !(await happens()); await pause(5)) {
    if (Date.now() > deadline) throw new Error(`${what}: not in ${patience_ms} ms`);
  }
}

/** All that an asynchronous iterator gives. */
export async function gathered(iterator) {
  const all = [];
  for await (const one of iterator) all.push(one);
  return all;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** Does someone speak RESP there, a password wanted or not? */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => socket.destroy(resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
