// What every framework's test needs: a server, a plain client beside it, and an end for what was opened.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { createClient } from 'redis';
import { Server } from './server.mjs';

/** `close` ends one of what was handed to `opened`. The server is empty before each test. */
export async function setUp(close) {
  const server = await Server.start();
  const raw = await createClient({ url: server.url }).connect();
  const all = [];
  after(async () => {
    await Promise.all(all.map(close));
    raw.destroy();
    await server.stop();
  });
  beforeEach(() => raw.flushAll());
  return { server, raw, opened: (one) => (all.push(one), one) };
}

export const within = (value, low, high) => assert.ok(value >= low && value <= high, `${value} in ${low}..${high}`);
