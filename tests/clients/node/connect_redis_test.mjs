// connect-redis under express-session: the store's whole interface, and a site that counts its visits.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, beforeEach, test } from 'node:test';
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import { createClient } from 'redis';
import { eventually, Server } from './server.mjs';
import { within } from './setup.mjs';

const server = await Server.start();
const client = await createClient({ url: server.url }).connect();
after(async () => {
  client.destroy();
  await server.stop();
});
beforeEach(() => client.flushAll());
const lasting = (seconds, more = {}) => ({ cookie: { expires: new Date(Date.now() + seconds * 1000) }, ...more });

test('a session is set, got and destroyed', async () => {
  const store = new RedisStore({ client });
  await store.set('7', { cookie: {}, name: 'John' });
  assert.deepEqual(await store.get('7'), { cookie: {}, name: 'John' });
  within(await client.ttl('sess:7'), 86_000, 86_400);
  await store.destroy('7');
  assert.equal(await store.get('7'), null);
});

test('it lives as long as its cookie, or as the store says', async () => {
  await new RedisStore({ client }).set('cookie', lasting(100));
  within(await client.ttl('sess:cookie'), 50, 100);
  await new RedisStore({ client, ttl: 60 }).set('fixed', { cookie: {} });
  within(await client.ttl('sess:fixed'), 30, 60);
  await new RedisStore({ client, ttl: (kept) => kept.seconds }).set('computed', { seconds: 200 });
  within(await client.ttl('sess:computed'), 150, 200);
  await new RedisStore({ client, disableTTL: true }).set('forever', { cookie: {} });
  assert.equal(await client.ttl('sess:forever'), -1);
});

test('a session whose cookie has expired is gone at once', async () => {
  const store = new RedisStore({ client });
  await store.set('7', lasting(100));
  await store.set('7', lasting(-1));
  assert.equal(await store.get('7'), null);
});

test('touch gives it time and leaves its content', async () => {
  const store = new RedisStore({ client });
  await store.set('7', lasting(10, { name: 'John' }));
  await store.touch('7', lasting(500));
  within(await client.ttl('sess:7'), 450, 500);
  assert.equal((await store.get('7')).name, 'John');
  await new RedisStore({ client, disableTouch: true }).touch('7', lasting(9_000));
  within(await client.ttl('sess:7'), 450, 500);
});

test('all, ids, length and clear see the sessions of their prefix only', async () => {
  const store = new RedisStore({ client, prefix: 'app:', scanCount: 10 });
  await client.set('other:1', 'x');
  assert.deepEqual([await store.all(), await store.length()], [[], 0]);
  for (let i = 0; i < 100; ++i) await store.set(`${i}`, { cookie: {}, i });
  assert.equal(await store.length(), 100);
  assert.deepEqual((await store.ids()).map(Number).sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.deepEqual((await store.all()).map(({ id, i }) => +id === i), Array(100).fill(true));
  await store.clear();
  assert.deepEqual([await store.length(), await client.get('other:1')], [0, 'x']);
});

test('with callbacks, as express-session calls it', async () => {
  const store = new RedisStore({ client });
  const called = (name, ...words) => new Promise((resolve, reject) => store[name](...words, (error, value) => (error ? reject(error) : resolve(value))));
  await called('set', '7', lasting(100, { name: 'John' }));
  assert.equal((await called('get', '7')).name, 'John');
  assert.equal(await called('length'), 1);
  await called('destroy', '7');
  assert.equal(await called('get', '7'), null);
});

test('a site counts the visits of each browser, and forgets who logs out', async () => {
  const keeps = session({ store: new RedisStore({ client }), secret: 'cat', resave: false, saveUninitialized: false, cookie: { maxAge: 100_000 } });
  const site = createServer((request, response) =>
    keeps(request, response, () => {
      if (request.url === '/logout') return request.session.destroy(() => response.end('bye'));
      request.session.visits = (request.session.visits ?? 0) + 1;
      response.end(`${request.session.visits}`);
    }),
  ).listen(0, '127.0.0.1');
  await once(site, 'listening');
  const visit = async (path, cookie) => {
    const answer = await fetch(`http://127.0.0.1:${site.address().port}${path}`, { headers: cookie ? { cookie } : {} });
    return { text: await answer.text(), cookie: answer.headers.get('set-cookie')?.split(';')[0] };
  };
  const { text, cookie } = await visit('/');
  assert.equal(text, '1');
  assert.equal((await visit('/', cookie)).text, '2');
  assert.equal((await visit('/')).text, '1');
  await visit('/logout', cookie);
  await eventually(async () => (await client.keys('sess:*')).length === 1, 'one session is left');
  assert.equal((await visit('/', cookie)).text, '1');
  site.closeAllConnections();
  site.close();
});
