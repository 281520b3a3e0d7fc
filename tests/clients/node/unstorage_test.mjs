// unstorage with its redis driver (ioredis below): items of every kind, times to live, bases, listing, clearing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStorage, prefixStorage } from 'unstorage';
import redisDriver from 'unstorage/drivers/redis';
import { setUp, within } from './setup.mjs';

const { server, raw, opened } = await setUp((one) => one.dispose());
const storage = (options = {}) => opened(createStorage({ driver: redisDriver({ url: server.url, base: 'app', ...options }) }));

test('items of every kind are set, found and removed', async () => {
  const kept = storage();
  for (const value of ['text', 7, true, [1, 'two'], { a: { b: null } }, 'größer 🍣']) {
    await kept.setItem('k', value);
    assert.deepEqual(await kept.getItem('k'), value);
  }
  assert.equal(await kept.hasItem('k'), true);
  await kept.removeItem('k');
  assert.deepEqual([await kept.hasItem('k'), await kept.getItem('k')], [false, null]);
});

test('bytes come back as they were', async () => {
  const kept = storage();
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  await kept.setItemRaw('k', all);
  assert.deepEqual(Uint8Array.from(await kept.getItemRaw('k')), all);
});

test('a time to live, of the driver and of one item', async () => {
  const kept = storage({ ttl: 100 });
  await kept.setItem('k', 'v');
  within(await raw.ttl('app:k'), 50, 100);
  await kept.setItem('k', 'v', { ttl: 500 });
  within(await raw.ttl('app:k'), 450, 500);
});

test('many at once', async () => {
  const kept = storage();
  await kept.setItems([{ key: 'a', value: 1 }, { key: 'b', value: { deep: 2 } }]);
  assert.deepEqual(await kept.getItems(['b', 'missing', 'a']), [
    { key: 'b', value: { deep: 2 } }, { key: 'missing', value: null }, { key: 'a', value: 1 },
  ]);
});

test('listing sees its base, and a part of it', async () => {
  const kept = storage({ scanCount: 10 });
  await raw.set('other:k', 'x');
  const users = prefixStorage(kept, 'users');
  await Promise.all(Array.from({ length: 100 }, (_, i) => users.setItem(`${i}`, i)));
  await kept.setItem('top', 1);
  assert.equal((await kept.getKeys()).length, 101);
  assert.deepEqual((await users.getKeys()).map(Number).sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  await kept.clear();
  assert.deepEqual(await raw.keys('*'), ['other:k']);
});
