// ioredis: its ready check, pipelines of several kinds, transactions, streams of keys, prefixes, reconnects.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import Redis from 'ioredis';
import { eventually, gathered, Server } from './server.mjs';
import { within } from './setup.mjs';

const server = await Server.start();
const opened = [];
const connected = (more = {}, port = server.port) => {
  const one = new Redis(port, '127.0.0.1', more);
  opened.push(one);
  return one;
};
const r = connected();
after(async () => {
  for (const one of opened) one.disconnect();
  await server.stop();
});
beforeEach(() => r.flushall());

test('SET with every option', async () => {
  assert.equal(await r.set('k', '1', 'NX'), 'OK');
  assert.equal(await r.set('k', '2', 'NX'), null);
  assert.equal(await r.set('k', '3', 'XX', 'GET'), '1');
  assert.equal(await r.set('k', '4', 'EX', 100), 'OK');
  within(await r.ttl('k'), 50, 100);
  assert.equal(await r.set('k', '5', 'KEEPTTL'), 'OK');
  assert.equal(await r.set('k', '6', 'PX', 200_000, 'XX'), 'OK');
  within(await r.pttl('k'), 150_000, 200_000);
  assert.equal(await r.set('k', '7', 'PXAT', 4_000_000_000_000), 'OK');
  assert.equal(await r.pexpiretime('k'), 4_000_000_000_000);
  await assert.rejects(r.set('k', '8', 'EX', 0), /invalid expire time/);
});

test('a subscriber hears channels, patterns and sharded channels', async () => {
  const listener = connected();
  const sharded = connected();  // By itself: ioredis takes their counts for one.
  const heard = [];
  listener.on('message', (channel, text) => heard.push([channel, text]));
  listener.on('pmessage', (pattern, channel, text) => heard.push([pattern, channel, text]));
  sharded.on('smessage', (channel, text) => heard.push(['sharded', channel, text]));
  assert.equal(await listener.subscribe('a', 'b'), 2);
  assert.equal(await listener.psubscribe('a*'), 3);
  assert.equal(await sharded.ssubscribe('a'), 1);
  assert.equal(await r.publish('a', 'one'), 2);
  await eventually(() => heard.length === 2, 'two messages come');
  assert.equal(await r.spublish('a', 'two'), 1);
  assert.equal(await r.publish('c', 'nobody'), 0);
  await eventually(() => heard.length === 3, 'three messages come');
  assert.deepEqual(heard, [['a', 'one'], ['a*', 'a', 'one'], ['sharded', 'a', 'two']]);
  await assert.rejects(listener.get('k'), /subscriber mode/);
  assert.deepEqual((await r.pubsub('CHANNELS')).sort(), ['a', 'b']);
  assert.equal(await listener.unsubscribe('a', 'b'), 1);
  assert.equal(await listener.punsubscribe('a*'), 0);
  assert.equal(await sharded.sunsubscribe('a'), 0);
  assert.equal(await listener.get('k'), null);
});

test('a subscriber that was cut off subscribes again', async () => {
  const listener = connected({ retryStrategy: () => 10 });
  const heard = [];
  listener.on('message', (channel, text) => heard.push(text));
  await listener.subscribe('news');
  assert.equal(await r.client('KILL', 'TYPE', 'pubsub'), 1);
  await eventually(async () => (await r.publish('news', 'again')) === 1, 'it is back');
  await eventually(() => heard.includes('again'), 'the message comes');
});

test('strings, numbers and keys', async () => {
  assert.equal(await r.mset(new Map([['a', '1'], ['b', '2']])), 'OK');
  assert.deepEqual(await r.mget('b', 'missing', ['a']), ['2', null, '1']);
  assert.equal(await r.setex('a', 100, 'abc'), 'OK');
  assert.equal(await r.getrange('a', 1, -1), 'bc');
  assert.equal(await r.getex('a', 'PERSIST'), 'abc');
  assert.equal(await r.getdel('a'), 'abc');
  assert.equal(await r.incrby('n', 5), 5);
  assert.equal(await r.incrbyfloat('n', 0.5), '5.5');
  assert.equal(await r.expire('n', 100, 'NX'), 1);
  assert.equal(await r.expiretime('n') > Date.now() / 1000, true);
  assert.deepEqual((await r.keys('*')).sort(), ['b', 'n']);
  assert.equal(await r.rename('n', 'm'), 'OK');
  assert.equal(await r.unlink('m', 'b', 'missing'), 2);
  assert.equal(await r.dbsize(), 0);
  assert.equal(await r.setbit('bits', 3, 1), 0);
  assert.equal(await r.bitcount('bits'), 1);
});

test('bytes of every kind come back', async () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  for (const value of [Buffer.alloc(0), Buffer.from('\r\n'), all, Buffer.alloc(8_000_000, 'x')]) {
    await r.set('k', value);
    assert.ok(value.equals(await r.getBuffer('k')));
  }
  await r.set(all, 'as a key');
  assert.ok(all.equals((await r.keysBuffer('*')).find((key) => key.length === 256)));
});

test('a pipeline answers each command with an error or a result', async () => {
  const answers = await r.pipeline().set('word', 'w').incr('word').get('word').exec();
  assert.deepEqual([answers[0], answers[2]], [[null, 'OK'], [null, 'w']]);
  assert.match(answers[1][0].message, /not an integer/);
  const long = r.pipeline();
  for (let i = 0; i < 5_000; ++i) long.set(`k${i}`, i).get(`k${i}`);
  assert.deepEqual((await long.exec()).filter((_, i) => i % 2).map(([, v]) => +v), Array.from({ length: 5_000 }, (_, i) => i));
});

test('automatic pipelines', async () => {
  const auto = connected({ enableAutoPipelining: true });
  const values = await Promise.all(Array.from({ length: 500 }, async (_, i) => (await auto.set(`k${i}`, i)) && auto.get(`k${i}`)));
  assert.deepEqual(values.map(Number), Array.from({ length: 500 }, (_, i) => i));
});

test('MULTI in a pipeline, step by step, and given up', async () => {
  assert.deepEqual(await r.multi().set('k', '1').incr('k').exec(), [[null, 'OK'], [null, 2]]);
  assert.deepEqual(await r.pipeline().multi().get('k').exec().get('k').exec(), [
    [null, 'OK'], [null, 'QUEUED'], [null, ['2']], [null, '2'],
  ]);
  await r.multi({ pipeline: false });
  assert.equal(await r.set('k', '9'), 'QUEUED');
  assert.equal(await r.discard(), 'OK');
  await assert.rejects(r.multi().set('k').exec(), /EXECABORT/);
  assert.equal(await r.get('k'), '2');
});

test('WATCH lets the later of two writers lose', async () => {
  const other = connected();
  await r.watch('k');
  await other.set('k', 'theirs');
  assert.equal(await r.multi().set('k', 'mine').exec(), null);
  assert.equal(await r.get('k'), 'theirs');
});

test('scanStream sees every key', async () => {
  const names = Array.from({ length: 1_000 }, (_, i) => `key:${i}`);
  await r.mset(names.flatMap((name) => [name, '1']));
  await r.set('other', '1');
  const seen = (await gathered(r.scanStream({ match: 'key:*', count: 100, type: 'string' }))).flat();
  assert.deepEqual([...new Set(seen)].sort(), names.sort());
});

test('a prefix, a database and a name of its own', async () => {
  const own = connected({ keyPrefix: 'app:', db: 3, connectionName: 'app' });
  await own.set('k', 'v');
  assert.equal(await own.client('GETNAME'), 'app');
  assert.equal(await r.get('app:k'), null);
  await r.select(3);
  assert.equal(await r.get('app:k'), 'v');
  await r.select(0);
});

test('it is ready once INFO says that nothing is loading', async () => {
  const own = connected({ enableReadyCheck: true, lazyConnect: true });
  await own.connect();
  assert.equal(own.status, 'ready');
  assert.equal(await own.quit(), 'OK');
});

test('an error is a ReplyError with its command, and the connection goes on', async () => {
  await r.set('word', 'w');
  await assert.rejects(r.incr('word'), { name: 'ReplyError', command: { name: 'incr', args: ['word'] } });
  await assert.rejects(r.call('NONSENSE'), /unknown command/);
  assert.equal(await r.ping(), 'PONG');
});

test('a password, right, wrong and missing', async () => {
  const guarded = await Server.start({ password: 'open sesame' });
  const asked = async (password) => {
    const client = connected({ password, retryStrategy: null, enableReadyCheck: false }, guarded.port);
    client.on('error', () => {});
    return client.set('k', 'v');
  };
  assert.equal(await asked('open sesame'), 'OK');
  await assert.rejects(asked('guess'), /WRONGPASS|NOAUTH/);
  await assert.rejects(asked(undefined), /NOAUTH/);
  await guarded.stop();
});

test('after a restart it connects again, with its password and database', async () => {
  const own = await Server.start({ password: 'again' });
  const client = connected({ password: 'again', db: 2, retryStrategy: () => 20 }, own.port);
  client.on('error', () => {});
  await client.set('k', 'lost');
  let ready = 0;
  client.on('ready', () => ++ready);
  await own.restart();
  await eventually(() => ready > 0, 'it is ready again');
  assert.equal(await client.get('k'), null);
  assert.equal(await client.set('k', 'v'), 'OK');
  assert.match(await client.client('INFO'), / db=2 /);
  client.disconnect();
  await own.stop();
});
