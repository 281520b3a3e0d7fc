// node-redis (`redis` on npm), in RESP2 and in RESP3: strings, keys, pipelines, transactions, SCAN, reconnects.
import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { createClient, createClientPool, ErrorReply, MultiErrorReply, RESP_TYPES, WatchError } from 'redis';
import { eventually, gathered, Server } from './server.mjs';
import { within } from './setup.mjs';

const server = await Server.start();
after(() => server.stop());

for (const RESP of [2, 3]) {
  describe(`node-redis in RESP${RESP}`, () => {
    const opened = [];
    const client = (more = {}) => {
      const one = createClient({ url: server.url, RESP, ...more }).on('error', () => {});
      opened.push(one);
      return one;
    };
    const connected = (more) => client(more).connect();
    let r;
    beforeEach(async () => {
      r ??= await connected();
      await r.flushAll();
    });
    after(() => opened.filter((one) => one.isOpen).forEach((one) => one.destroy()));

    test('SET with every option', async () => {
      assert.equal(await r.set('k', '1', { condition: 'NX' }), 'OK');
      assert.equal(await r.set('k', '2', { condition: 'NX' }), null);
      assert.equal(await r.set('k', '3', { condition: 'XX', GET: true }), '1');
      assert.equal(await r.set('none', '3', { condition: 'XX' }), null);
      await r.set('k', '4', { expiration: { type: 'EX', value: 100 } });
      within(await r.ttl('k'), 50, 100);
      await r.set('k', '5', { expiration: 'KEEPTTL' });
      within(await r.pTTL('k'), 50_000, 100_000);
      await r.set('k', '6', { expiration: { type: 'PX', value: 200_000 } });
      within(await r.pTTL('k'), 150_000, 200_000);
      await r.set('k', '7', { expiration: { type: 'EXAT', value: 4_000_000_000 } });
      assert.equal(await r.expireTime('k'), 4_000_000_000);
      await r.set('k', '8', { EX: 10, NX: false });
      within(await r.ttl('k'), 1, 10);
      await assert.rejects(r.set('k', '9', { EX: 0 }), ErrorReply);
    });

    test('a subscriber hears channels, patterns and sharded channels', async () => {
      const listener = await connected();
      const sharded = await connected();
      const heard = [];
      const hear = (text, channel) => heard.push([channel, text]);
      await listener.subscribe(['a', 'b'], hear);
      await listener.pSubscribe('a*', hear);
      await sharded.sSubscribe('s', hear);
      assert.equal(await r.publish('a', 'one'), 2);
      await eventually(() => heard.length === 2, 'two messages come');
      assert.equal(await r.sPublish('s', 'two'), 1);
      await eventually(() => heard.length === 3, 'three messages come');
      assert.deepEqual(heard, [['a', 'one'], ['a', 'one'], ['s', 'two']]);
      assert.deepEqual({ ...(await r.pubSubNumSub(['a', 'none'])) }, { a: 1, none: 0 });
      await listener.unsubscribe(['a', 'b']);
      await listener.pUnsubscribe('a*');
      await sharded.sUnsubscribe('s');
      assert.equal(await r.publish('a', 'x'), 0);
      assert.equal(await listener.get('k'), null);
    });

    test('strings', async () => {
      assert.equal(await r.mSet({ a: '1', b: '2' }), 'OK');
      assert.deepEqual(await r.mGet(['b', 'missing', 'a']), ['2', null, '1']);
      assert.equal(await r.mSetNX([['b', '3'], ['c', '4']]), 0);
      assert.equal(await r.append('a', '23'), 3);
      assert.equal(await r.strLen('a'), 3);
      assert.equal(await r.getRange('a', 1, -1), '23');
      assert.equal(await r.setRange('a', 1, '99'), 3);
      assert.equal(await r.getSet('a', 'new'), '199');
      assert.equal(await r.getDel('a'), 'new');
      assert.equal(await r.getEx('b', { type: 'EX', value: 100 }), '2');
      assert.equal(await r.getEx('b', { type: 'PERSIST' }), '2');
      assert.equal(await r.ttl('b'), -1);
      assert.equal(await r.setEx('s', 100, 'x'), 'OK');
      assert.equal(await r.pSetEx('s', 100_000, 'x'), 'OK');
      assert.equal(await r.setNX('s', 'y'), 0);
      assert.equal(await r.lcs('b', 's'), '');
    });

    test('numbers and bits', async () => {
      assert.equal(await r.incr('n'), 1);
      assert.equal(await r.incrBy('n', 41), 42);
      assert.equal(await r.decr('n'), 41);
      assert.equal(await r.decrBy('n', 40), 1);
      assert.equal(await r.incrByFloat('f', 10.5), '10.5');
      assert.equal(await r.setBit('bits', 7, 1), 0);
      assert.equal(await r.getBit('bits', 7), 1);
      assert.equal(await r.bitCount('bits'), 1);
      assert.equal(await r.bitPos('bits', 1), 7);
      assert.equal(await r.bitOp('NOT', 'inverse', 'bits'), 1);
      assert.deepEqual(await r.bitField('bits', [{ operation: 'INCRBY', encoding: 'u8', offset: 0, increment: 9 }]), [10]);
    });

    test('keys', async () => {
      await r.mSet({ 'user:1': 'a', 'user:2': 'b', other: 'c' });
      assert.deepEqual((await r.keys('user:*')).sort(), ['user:1', 'user:2']);
      assert.equal(await r.exists(['user:1', 'user:1', 'missing']), 2);
      assert.equal(await r.type('user:1'), 'string');
      assert.equal(await r.dbSize(), 3);
      assert.equal(await r.expire('other', 100), 1);
      assert.equal(await r.expire('other', 50, 'GT'), 0);
      assert.equal(await r.pExpireAt('other', new Date(Date.now() + 100_000)), 1);
      assert.equal(await r.persist('other'), 1);
      assert.equal(await r.rename('other', 'renamed'), 'OK');
      assert.equal(await r.renameNX('renamed', 'user:1'), 0);
      assert.equal(await r.copy('user:1', 'copied'), 1);
      assert.equal(await r.touch(['copied', 'missing']), 1);
      assert.equal(await r.unlink(['copied', 'missing']), 1);
      assert.equal(await r.del(['user:1', 'user:2']), 2);
      assert.equal(await r.randomKey(), 'renamed');
      assert.equal(await r.ttl('missing'), -2);
    });

    test('scanIterator sees every key', async () => {
      const names = Array.from({ length: 1_000 }, (_, i) => `key:${i}`);
      await r.mSet(names.map((name) => [name, '1']));
      await r.set('other', '1');
      const seen = (await gathered(r.scanIterator({ MATCH: 'key:*', COUNT: 50, TYPE: 'string' }))).flat();
      assert.deepEqual([...new Set(seen)].sort(), names.sort());
    });

    test('bytes of every kind come back', async () => {
      const raw = r.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      for (const value of [Buffer.alloc(0), Buffer.from('\r\n$5\r\n'), all, Buffer.alloc(8_000_000, 'x')]) {
        await r.set('k', value);
        assert.ok(value.equals(await raw.get('k')));
        await r.set(value.subarray(0, 300), 'as a key');
        assert.equal(await r.get(value.subarray(0, 300)), 'as a key');
      }
      await r.set('k', 'größer 寿司 🍣');
      assert.equal(await r.get('k'), 'größer 寿司 🍣');
    });

    test('what is asked at once goes out together and is answered in order', async () => {
      const asked = Array.from({ length: 5_000 }, (_, i) => [r.set(`k${i}`, `${i}`), r.get(`k${i}`)]);
      const answers = await Promise.all(asked.flat());
      assert.deepEqual(answers.filter((_, i) => i % 2), Array.from({ length: 5_000 }, (_, i) => `${i}`));
    });

    test('MULTI, executed and as a plain pipeline', async () => {
      assert.deepEqual(await r.multi().set('k', '1').incr('k').get('k').exec(), ['OK', 2, '2']);
      assert.deepEqual(await r.multi().set('k', '5').get('k').execAsPipeline(), ['OK', '5']);
      await assert.rejects(r.multi().set('w', 'word').incr('w').get('w').exec(), (failed) => {
        assert.ok(failed instanceof MultiErrorReply);
        assert.deepEqual(failed.errorIndexes, [1]);
        return failed.replies[2] === 'word';
      });
    });

    test('WATCH lets the later of two writers lose', async () => {
      const [one, other] = await Promise.all([connected(), connected()]);
      await one.watch('k');
      await other.set('k', 'theirs');
      await assert.rejects(one.multi().set('k', 'mine').exec(), WatchError);
      await one.watch('k');
      assert.deepEqual(await one.multi().set('k', 'mine').exec(), ['OK']);
      await one.watch('k');
      await one.unwatch();
    });

    test('a pool of connections', async () => {
      const pool = createClientPool({ url: server.url, RESP }, { minimum: 2, maximum: 4 });
      await pool.connect();
      await Promise.all(Array.from({ length: 100 }, (_, i) => pool.set(`k${i}`, `${i}`)));
      assert.equal(await pool.execute(async (own) => (await own.watch('k1')) && own.multi().get('k1').exec()).then(String), '1');
      await pool.close();
    });

    test('HELLO, CLIENT, INFO, CONFIG and COMMAND', async () => {
      const hello = await r.hello(RESP);
      assert.deepEqual([hello.server, hello.proto], ['redis', RESP]);
      assert.equal(await r.clientSetName('tests'), 'OK');
      assert.equal(await r.clientGetName(), 'tests');
      assert.equal((await r.clientInfo()).id, await r.clientId());
      assert.ok((await r.clientList()).some(({ name }) => name === 'tests'));
      assert.match(await r.info('server'), /redis_version:7\./);
      assert.match((await r.configGet('maxmemory*'))['maxmemory-policy'], /^[a-z-]+$/);
      assert.equal((await r.commandInfo(['get']))[0].arity, 2);
      within((await r.time())[0] * 1, Date.now() / 1000 - 60, Date.now() / 1000 + 60);
      assert.equal(await r.ping(), 'PONG');
      assert.equal(await r.echo('hola'), 'hola');
    });

    test('databases are apart', async () => {
      const fifth = await connected({ database: 5 });
      await fifth.set('k', 'five');
      assert.equal(await r.get('k'), null);
      await fifth.select(0);
      assert.equal(await fifth.get('k'), null);
    });

    test('an error is an ErrorReply, and the connection goes on', async () => {
      await r.set('word', 'w');
      await assert.rejects(r.incr('word'), { message: 'ERR value is not an integer or out of range' });
      await assert.rejects(r.sendCommand(['GET']), /wrong number of arguments/);
      await assert.rejects(r.sendCommand(['NONSENSE']), /unknown command/);
      assert.equal(await r.ping(), 'PONG');
    });

    test('a password is asked for, and a database chosen, on every connection', async () => {
      const guarded = await Server.start({ password: 'open sesame' });
      const options = { url: guarded.url, socket: { reconnectStrategy: false } };
      const good = await connected({ ...options, password: 'open sesame', database: 3 });
      assert.equal(await good.set('k', 'v'), 'OK');
      await assert.rejects(connected({ ...options, password: 'guess' }), /WRONGPASS/);
      await assert.rejects(connected(options).then((none) => none.get('k')), /NOAUTH/);
      await guarded.stop();
    });

    test('after a restart it connects again and what was asked meanwhile is answered', async () => {
      const own = await Server.start({ password: 'again' });
      const kept = client({ url: own.url, password: 'again', database: 2 });
      let connections = 0;
      kept.on('ready', () => ++connections);
      await kept.connect();
      await kept.set('k', 'lost');
      await own.restart();
      await eventually(() => connections === 2, 'it is connected again');
      assert.equal(await kept.get('k'), null);
      assert.equal(await kept.set('k', 'v'), 'OK');
      assert.equal((await kept.clientInfo()).db, 2);
      kept.destroy();
      await own.stop();
    });

    test('a connection that was killed comes back', async () => {
      const victim = await connected();
      const id = await victim.clientId();
      assert.equal(await r.clientKill({ filter: 'ID', id }), 1);
      await eventually(() => victim.isReady && victim.clientId().then((now) => now !== id, () => false), 'a new connection');
    });
  });
}
