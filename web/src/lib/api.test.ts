import { afterEach, beforeAll, expect, test, vi } from 'vitest';

type Api = typeof import('./api');
let it: Api;
let asked: Request[] = [];
let answer: (request: Request) => Promise<Response> = async () => Response.json({});

beforeAll(async () => {
  // A page has an address that those of the service are relative to.
  class OnPage extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === 'string' ? new URL(input, 'http://service.test') : input, init);
    }
  }
  vi.stubGlobal('Request', OnPage);
  vi.stubGlobal('fetch', (request: Request) => {
    asked.push(request);
    return answer(request);
  });
  it = await import('./api');
});
afterEach(() => {
  asked = [];
  it.actAs('');
});

async function failure(of: Promise<unknown>): Promise<InstanceType<Api['Failure']>> {
  const why = await of.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(why instanceof it.Failure)) throw new Error(`it is no failure: ${why}`);
  return why;
}

const problem = (status: number, more: object) =>
  Response.json({ type: 'about:blank', title: 'x', status, detail: 'x', ...more }, { status });

test('a question goes to its address, with who asks and what it says', async () => {
  answer = async () => Response.json([]);
  it.actAs('李工');
  await it.api.search(7, '路 12&x=1', 8);
  await it.api.indicator(7, '研发/强度');
  await it.api.decide(7, 3, [{ kind: 'accept', parcel: 'A' }]);
  const urls = asked.map((request) => request.url.replace('http://service.test', ''));
  expect(urls).toEqual([
    `/api/v1/scenarios/7/search?q=${encodeURIComponent('路 12&x=1')}&limit=8`,
    `/api/v1/scenarios/7/indicators/${encodeURIComponent('研发/强度')}`,
    '/api/v1/scenarios/7/decisions',
  ]);
  expect(asked.map((request) => request.headers.get('x-lianpian-user'))).toEqual(
    Array(3).fill(encodeURIComponent('李工')),
  );
  expect(asked[2]?.headers.get('content-type')).toBe('application/json');
  expect(await asked[2]?.json()).toEqual({ based_on: 3, decisions: [{ kind: 'accept', parcel: 'A' }] });
});

test('what fails says why in both languages; what is not of the service says no more than its status', async () => {
  const told = { code: 'no-such-plan', params: {}, zh: '没有', en: 'none', because: [], hints: [] };
  answer = async () => problem(404, told);
  const refused = await failure(it.api.plan(9));
  expect([refused.status, refused.told]).toEqual([404, told]);
  answer = async () => new Response('<h1>Bad gateway</h1>', { status: 502 });
  const between = await failure(it.api.plan(9));
  expect([between.status, between.told]).toEqual([502, null]);
  answer = async () => {
    throw new TypeError('Failed to fetch');
  };
  const offline = await failure(it.api.plan(9));
  expect([offline.status, offline.told]).toEqual([0, null]);
});

test('who was faster is told, and only of a conflict', async () => {
  const now = { id: 7, version: 5 };
  answer = async () => problem(409, { now, since: [{ seq: 2 }] });
  expect(it.conflictOf(await failure(it.api.decide(7, 3, [])))).toEqual({ now, since: [{ seq: 2 }] });
  answer = async () => problem(409, {});
  expect(it.conflictOf(await failure(it.api.decide(7, 3, [])))).toBeNull();
  expect(it.conflictOf(new Error('x'))).toBeNull();
});

test('a question that is given up is no failure', async () => {
  answer = (request) =>
    new Promise((_, fail) => {
      const give = () => fail(request.signal.reason);
      if (request.signal.aborted) give();
      else request.signal.addEventListener('abort', give);
    });
  const giving = new AbortController();
  const asking = it.api.card(7, 1, giving.signal);
  giving.abort();
  const why = await asking.catch((reason: unknown) => reason);
  expect(why).toBeInstanceOf(DOMException);
});

test('an address that the service gave is read as it is', async () => {
  const read: [unknown, unknown][] = [];
  const answers = [Response.json({ features: [1] }), problem(410, { code: 'gone', zh: '没了', en: 'gone' })];
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    read.push([address, init.headers]);
    return answers.shift();
  });
  it.actAs('li');
  expect(await it.follow('/ogc/next?limit=2')).toEqual({ features: [1] });
  expect(read).toEqual([['/ogc/next?limit=2', { accept: 'application/json', 'x-lianpian-user': 'li' }]]);
  expect((await failure(it.follow('/ogc/next'))).told?.en).toBe('gone');
});
