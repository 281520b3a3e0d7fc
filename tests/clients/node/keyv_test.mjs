// keyv over @keyv/redis: times to live, namespaces, many keys at once, iteration, clearing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import KeyvRedis, { createKeyv } from '@keyv/redis';
import Keyv from 'keyv';
import { createClient } from 'redis';
import { gathered } from './server.mjs';
import { setUp, within } from './setup.mjs';

const { server, raw, opened } = await setUp((one) => one.disconnect());
const keyv = (options = {}) =>
  // One prefix, not two: @keyv/redis writes the namespace before the key, so keyv itself should not.
  opened(new Keyv({ store: new KeyvRedis(server.url, options), namespace: options.namespace, useKeyPrefix: false, throwOnErrors: true }));

test('a value of any JSON kind is set, found and deleted', async () => {
  const kept = keyv({ namespace: 'app' });
  for (const value of ['text', 7, true, [1, 'two'], { a: { b: null } }, 'größer 🍣']) {
    assert.equal(await kept.set('k', value), true);
    assert.deepEqual(await kept.get('k'), value);
  }
  assert.deepEqual([await kept.has('k'), await kept.has('missing')], [true, false]);
  assert.deepEqual([await kept.delete('k'), await kept.delete('k')], [true, false]);
  assert.equal(await kept.get('k'), undefined);
});

test('a time to live is the server\'s', async () => {
  const kept = keyv({ namespace: 'app' });
  await kept.set('long', 1, 100_000);
  within(await raw.pTTL('app::long'), 50_000, 100_000);
  await kept.set('short', 1, 30);
  await pause(60);
  assert.deepEqual([await kept.get('short'), await raw.exists('app::short'), await kept.get('long')], [undefined, 0, 1]);
});

test('many at once', async () => {
  const kept = keyv({ namespace: 'app' });
  await kept.setMany([{ key: 'a', value: 1 }, { key: 'b', value: 2, ttl: 100_000 }, { key: 'c', value: 3 }]);
  assert.deepEqual(await kept.getMany(['a', 'missing', 'b']), [1, undefined, 2]);
  within(await raw.ttl('app::b'), 50, 100);
  assert.deepEqual(await kept.hasMany(['a', 'missing']), [true, false]);
  assert.equal(await kept.deleteMany(['a', 'b']), true);
  assert.deepEqual(await raw.keys('*'), ['app::c']);
});

for (const useUnlink of [true, false]) {
  test(`clear empties one namespace, with ${useUnlink ? 'UNLINK' : 'DEL'}`, async () => {
    const [mine, theirs] = [keyv({ namespace: 'mine', useUnlink, clearBatchSize: 10 }), keyv({ namespace: 'theirs' })];
    await mine.setMany(Array.from({ length: 100 }, (_, i) => ({ key: `${i}`, value: i })));
    await theirs.set('k', 'v');
    await mine.clear();
    assert.deepEqual([await mine.get('7'), await theirs.get('k')], [undefined, 'v']);
    assert.equal(await raw.dbSize(), 1);
  });
}

test('clear without a namespace leaves those that have one, unless told to flush', async () => {
  const [bare, named] = [keyv(), keyv({ namespace: 'named' })];
  await Promise.all([bare.set('k', 1), named.set('k', 2)]);
  await bare.clear();
  assert.deepEqual([await bare.get('k'), await named.get('k')], [undefined, 2]);
  await keyv({ noNamespaceAffectsAll: true }).clear();
  assert.equal(await raw.dbSize(), 0);
});

test('iteration sees the namespace, and nothing else', async () => {
  const [mine, theirs] = [keyv({ namespace: 'mine' }), keyv({ namespace: 'theirs' })];
  await mine.setMany(Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, value: i })));
  await theirs.set('other', 1);
  const seen = await gathered(mine.iterator());
  assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, i])));
});

test('createKeyv with a client of one\'s own, in RESP3', async () => {
  const client = createClient({ url: server.url, RESP: 3 });
  const kept = createKeyv(client, { namespace: 'app', keyPrefixSeparator: ':' });
  await kept.set('k', { deep: [1] }, 50_000);
  assert.deepEqual(await kept.get('k'), { deep: [1] });
  assert.deepEqual(await raw.keys('*'), ['app:k']);
  await kept.disconnect();
});
