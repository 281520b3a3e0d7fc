// cache-manager with a Redis store below, alone and behind one in memory: wrap, times to live, many keys, clearing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import KeyvRedis from '@keyv/redis';
import { createCache } from 'cache-manager';
import Keyv from 'keyv';
import { eventually } from './server.mjs';
import { setUp, within } from './setup.mjs';

const { server, raw, opened } = await setUp((one) => one.disconnect());
const remote = () => new Keyv({ store: new KeyvRedis(server.url, { namespace: 'app' }), namespace: 'app', useKeyPrefix: false });
const cache = (options = {}) => opened(createCache({ stores: [remote()], ...options }));

test('set, get and del, with the cache\'s time to live or one\'s own', async () => {
  const kept = cache({ ttl: 100_000 });
  await kept.set('k', { name: 'John' });
  assert.deepEqual(await kept.get('k'), { name: 'John' });
  within(await raw.pTTL('app::k'), 50_000, 100_000);
  await kept.set('k', 'v', 500_000);
  within(await raw.pTTL('app::k'), 450_000, 500_000);
  within((await kept.ttl('k')) - Date.now(), 450_000, 500_000);
  await kept.del('k');
  assert.equal(await kept.get('k'), undefined);
});

test('mset, mget and mdel', async () => {
  const kept = cache();
  await kept.mset([{ key: 'a', value: 1 }, { key: 'b', value: 2, ttl: 100_000 }]);
  assert.deepEqual(await kept.mget(['a', 'missing', 'b']), [1, undefined, 2]);
  within(await raw.ttl('app::b'), 50, 100);
  await kept.mdel(['a', 'b']);
  assert.equal(await raw.dbSize(), 0);
});

test('clear empties the namespace, not the database', async () => {
  const kept = cache();
  await raw.set('other', 'x');
  await kept.set('k', 'v');
  await kept.clear();
  assert.deepEqual([await kept.get('k'), await raw.get('other')], [undefined, 'x']);
});

test('wrap loads once, for callers at once and for those after', async () => {
  const kept = cache({ ttl: 100_000 });
  let loads = 0;
  const load = async () => (await pause(10), { loads: ++loads });
  const values = await Promise.all(Array.from({ length: 20 }, () => kept.wrap('k', load)));
  assert.deepEqual(values, Array(20).fill({ loads: 1 }));
  assert.deepEqual(await kept.wrap('k', load), { loads: 1 });
});

test('wrap refreshes in the background what is about to expire', async () => {
  const kept = cache({ ttl: 10_000, refreshThreshold: 20_000 });
  let loads = 0;
  assert.equal(await kept.wrap('k', () => ++loads), 1);
  assert.equal(await kept.wrap('k', () => ++loads), 1);
  await eventually(async () => (await kept.get('k')) === 2, 'the refreshed value');
});

test('a store in memory before it, two processes behind: a delete is seen by both', async () => {
  const [one, other] = [cache({ stores: [new Keyv(), remote()], ttl: 100_000 }), cache({ ttl: 100_000 })];
  await one.set('k', 'v');
  assert.equal(await other.get('k'), 'v');
  await one.del('k');
  assert.deepEqual([await one.get('k'), await other.get('k')], [undefined, undefined]);
});
