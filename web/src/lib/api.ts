/** The service, one function per question. Nothing else in the page knows its addresses; what it takes and answers is its description's. */

import createClient from 'openapi-fetch';
import type { paths } from './schema';
import type {
  Decision,
  NewCheck,
  NewDataSet,
  NewDecision,
  NewImport,
  PlanStatus,
  PolicyChange,
  PolicyRef,
  Problem,
  Scenario,
  ToldFailure,
} from './types';

/** An answer that is none (RFC 9457), or no answer at all (status 0). */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem> = {},
  ) {
    super(problem.detail ?? `status ${status}`);
  }

  /** What it says as messages; none where no answer came, or one that is not of the service. */
  get told(): ToldFailure | null {
    const { code, params, zh, en, because, hints } = this.problem;
    if (code === undefined || zh === undefined || en === undefined) return null;
    return { code, params: params ?? {}, zh, en, because: because ?? [], hints: hints ?? [] };
  }
}

/** Somebody was faster (409): the scenario as it is, and what was decided since. */
export interface Conflict {
  now: Scenario;
  since: Decision[];
}

export function conflictOf(error: unknown): Conflict | null {
  if (!(error instanceof Failure) || error.status !== 409) return null;
  const { now, since } = error.problem;
  return now ? { now, since: since ?? [] } : null;
}

let user = '';

/** Names who acts from now on. */
export function actAs(name: string): void {
  user = name;
}

/** What every request says. */
export function headers(): Record<string, string> {
  const said: Record<string, string> = { accept: 'application/json' };
  if (user) said['x-lianpian-user'] = encodeURIComponent(user);
  return said;
}

// Of version 0.15: what 0.17 makes of an answer forgets how many numbers an array has.
const service = createClient<paths>();
service.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(headers())) request.headers.set(name, value);
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

async function answer<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked.catch((why: unknown) => {
    // Who asked no longer wants to know.
    if (why instanceof DOMException && why.name === 'AbortError') throw why;
    throw new Failure(0);
  });
  if (response.ok) return data as T;
  // Between the service and the page there may be others, who answer in their own way.
  throw new Failure(response.status, typeof error === 'object' && error !== null ? error : {});
}

/** What lies at an address that the service gave. */
export async function follow<T>(address: string): Promise<T> {
  const read = async (): Promise<Answer<T>> => {
    const response = await fetch(address, { headers: headers() });
    const body = await response.json();
    return response.ok ? { data: body, response } : { error: body, response };
  };
  return answer(read());
}

/** Left out where there is none: who asks for nothing asks for what is usual. */
const abortable = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

export const api = {
  config: () => answer(service.GET('/api/v1/config')),
  project: () => answer(service.GET('/api/v1/project')),
  dataSets: () => answer(service.GET('/api/v1/datasets')),
  addDataSet: (id: string, asked: NewDataSet) =>
    answer(service.POST('/api/v1/layers/{id}/datasets', { params: { path: { id } }, body: asked })),
  nextYear: (id: number, asked: NewDataSet) =>
    answer(service.POST('/api/v1/plans/{id}/next-year', { params: { path: { id } }, body: asked })),
  tiles: (layer: string) => answer(service.GET('/api/v1/layers/{id}/tiles.json', { params: { path: { id: layer } } })),
  scenarios: () => answer(service.GET('/api/v1/scenarios')),
  scenario: (id: number) => answer(service.GET('/api/v1/scenarios/{id}', { params: { path: { id } } })),
  addScenario: (title: string, data_set: string, policy: PolicyRef, copy_of?: number) =>
    answer(
      service.POST('/api/v1/scenarios', {
        body: { title, data_set, policy, ...(copy_of === undefined ? {} : { copy_of }) },
      }),
    ),
  changeScenario: (id: number, based_on: number, change: { title?: string; archived?: boolean; policy?: PolicyRef }) =>
    answer(service.PATCH('/api/v1/scenarios/{id}', { params: { path: { id } }, body: { based_on, ...change } })),
  parcels: (id: number) => answer(service.GET('/api/v1/scenarios/{id}/parcels', { params: { path: { id } } })),
  indicator: (id: number, indicator: string) =>
    answer(service.GET('/api/v1/scenarios/{id}/indicators/{indicator}', { params: { path: { id, indicator } } })),
  card: (id: number, fid: number, signal?: AbortSignal) =>
    answer(
      service.GET('/api/v1/scenarios/{id}/parcels/{fid}', { params: { path: { id, fid } }, ...abortable(signal) }),
    ),
  veto: (id: number, parcel: string, signal?: AbortSignal) =>
    answer(
      service.POST('/api/v1/scenarios/{id}/veto', {
        params: { path: { id } },
        body: { parcel },
        ...abortable(signal),
      }),
    ),
  search: (id: number, q: string, limit: number, signal?: AbortSignal) =>
    answer(
      service.GET('/api/v1/scenarios/{id}/search', {
        params: { path: { id }, query: { q, limit } },
        ...abortable(signal),
      }),
    ),
  decisions: (id: number) => answer(service.GET('/api/v1/scenarios/{id}/decisions', { params: { path: { id } } })),
  decide: (id: number, based_on: number, decisions: NewDecision[]) =>
    answer(
      service.POST('/api/v1/scenarios/{id}/decisions', { params: { path: { id } }, body: { based_on, decisions } }),
    ),
  policy: (id: number) => answer(service.GET('/api/v1/scenarios/{id}/policy', { params: { path: { id } } })),
  savePolicy: (id: number, based_on: number, change: PolicyChange) =>
    answer(service.POST('/api/v1/scenarios/{id}/policy', { params: { path: { id } }, body: { based_on, change } })),
  preview: (id: number, client: string, change: PolicyChange, signal?: AbortSignal) =>
    answer(
      service.POST('/api/v1/scenarios/{id}/preview', {
        params: { path: { id } },
        body: { client, change },
        ...abortable(signal),
      }),
    ),
  years: (id: number, years: number, signal?: AbortSignal) =>
    answer(
      service.GET('/api/v1/scenarios/{id}/years', {
        params: { path: { id }, query: { years } },
        ...abortable(signal),
      }),
    ),
  plans: (id: number) => answer(service.GET('/api/v1/scenarios/{id}/plans', { params: { path: { id } } })),
  plan: (id: number) => answer(service.GET('/api/v1/plans/{id}', { params: { path: { id } } })),
  queuePlan: (id: number) =>
    answer(service.POST('/api/v1/scenarios/{id}/plans', { params: { path: { id } }, body: {} })),
  movePlan: (id: number, from: PlanStatus, to: PlanStatus, reason?: string) =>
    answer(
      service.POST('/api/v1/plans/{id}/steps', {
        params: { path: { id } },
        body: reason ? { from, to, reason } : { from, to },
      }),
    ),
  transfers: (id: number) => answer(service.GET('/api/v1/plans/{id}/transfers', { params: { path: { id } } })),
  subParks: (id: number) => answer(service.GET('/api/v1/plans/{id}/sub-parks', { params: { path: { id } } })),
  blocks: (id: number, when: 'before' | 'after') =>
    answer(service.GET('/api/v1/plans/{id}/blocks', { params: { path: { id }, query: { when } } })),
  frontier: (id: number, steps?: number) =>
    answer(
      service.POST('/api/v1/scenarios/{id}/frontier', {
        params: { path: { id } },
        body: steps === undefined ? {} : { steps },
      }),
    ),
  compare: (a: number, b: number) =>
    answer(service.GET('/api/v1/compare', { params: { query: { scenarios: `${a},${b}` } } })),
  queueExport: (id: number, wish: { format: string; crs?: string; encoding?: string }) =>
    answer(service.POST('/api/v1/plans/{id}/exports', { params: { path: { id } }, body: wish })),
  check: (asked: NewCheck) => answer(service.POST('/api/v1/checks', { body: asked })),
  import: (asked: NewImport) => answer(service.POST('/api/v1/imports', { body: asked })),
  jobs: () => answer(service.GET('/api/v1/jobs')),
  job: (id: number) => answer(service.GET('/api/v1/jobs/{id}', { params: { path: { id } } })),
  cancelJob: (id: number) => answer(service.DELETE('/api/v1/jobs/{id}', { params: { path: { id } } })),
};
