/** The service, one function per question. Nothing else in the page knows its addresses. */

import type {
  Comparison,
  Config,
  DataSet,
  Decision,
  Found,
  IndicatorValues,
  Job,
  NewCheck,
  NewDataSet,
  NewDecision,
  NewImport,
  ParcelCard,
  ParcelColumns,
  Plan,
  PlanRecord,
  PolicyChange,
  PolicyRef,
  Preview,
  Project,
  Scenario,
  ScenarioPolicy,
  SubPark,
  ToldFailure,
  Transfers,
  Veto,
  Years,
} from './types';

/** An answer that is none (RFC 9457), or no answer at all (status 0). */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly more: Record<string, unknown> = {},
  ) {
    super(detail);
  }

  /** What it says as messages; none where no answer came, or one that is not of the service. */
  get told(): ToldFailure | null {
    const { code, params, zh, en, because, hints } = this.more as Partial<ToldFailure>;
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
  if (!(error instanceof Failure) || error.status !== 409 || !error.more.now) return null;
  return { now: error.more.now as Scenario, since: (error.more.since ?? []) as Decision[] };
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

interface Ask {
  method?: string;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

export async function ask<T>(path: string, { method = 'GET', body, signal }: Ask = {}): Promise<T> {
  const said = headers();
  const init: RequestInit = { method, headers: said };
  if (body !== undefined) {
    said['content-type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  if (signal) init.signal = signal;
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (why) {
    if (signal?.aborted) throw why;
    throw new Failure(0, String(why));
  }
  if (answer.ok) return (answer.status === 204 ? null : await answer.json()) as T;
  const problem = await answer.json().catch(() => ({}));
  throw new Failure(answer.status, problem.detail ?? problem.title ?? answer.statusText, problem);
}

const post = <T>(path: string, body: unknown, signal?: AbortSignal) => ask<T>(path, { method: 'POST', body, signal });

export const api = {
  config: () => ask<Config>('/api/v1/config'),
  project: () => ask<Project>('/api/v1/project'),
  dataSets: () => ask<DataSet[]>('/api/v1/datasets'),
  addDataSet: (layer: string, asked: NewDataSet) => post<Job>(`/api/v1/layers/${layer}/datasets`, asked),
  nextYear: (plan: number, asked: NewDataSet) => post<Job>(`/api/v1/plans/${plan}/next-year`, asked),
  scenarios: () => ask<Scenario[]>('/api/v1/scenarios'),
  scenario: (id: number) => ask<Scenario>(`/api/v1/scenarios/${id}`),
  addScenario: (title: string, data_set: string, policy: PolicyRef, copy_of?: number) =>
    post<Scenario>('/api/v1/scenarios', { title, data_set, policy, ...(copy_of === undefined ? {} : { copy_of }) }),
  changeScenario: (id: number, based_on: number, change: { title?: string; archived?: boolean; policy?: PolicyRef }) =>
    ask<Scenario>(`/api/v1/scenarios/${id}`, { method: 'PATCH', body: { based_on, ...change } }),
  parcels: (scenario: number) => ask<ParcelColumns>(`/api/v1/scenarios/${scenario}/parcels`),
  indicator: (scenario: number, id: string) =>
    ask<IndicatorValues>(`/api/v1/scenarios/${scenario}/indicators/${encodeURIComponent(id)}`),
  card: (scenario: number, fid: number, signal?: AbortSignal) =>
    ask<ParcelCard>(`/api/v1/scenarios/${scenario}/parcels/${fid}`, { signal }),
  veto: (scenario: number, parcel: string, signal?: AbortSignal) =>
    post<Veto>(`/api/v1/scenarios/${scenario}/veto`, { parcel }, signal),
  search: (scenario: number, q: string, limit: number, signal?: AbortSignal) =>
    ask<Found[]>(`/api/v1/scenarios/${scenario}/search?q=${encodeURIComponent(q)}&limit=${limit}`, { signal }),
  decisions: (scenario: number) => ask<Decision[]>(`/api/v1/scenarios/${scenario}/decisions`),
  decide: (scenario: number, based_on: number, decisions: NewDecision[]) =>
    post<Decision[]>(`/api/v1/scenarios/${scenario}/decisions`, { based_on, decisions }),
  policy: (scenario: number) => ask<ScenarioPolicy>(`/api/v1/scenarios/${scenario}/policy`),
  savePolicy: (scenario: number, based_on: number, change: PolicyChange) =>
    post<Scenario>(`/api/v1/scenarios/${scenario}/policy`, { based_on, change }),
  preview: (scenario: number, client: string, change: PolicyChange, signal?: AbortSignal) =>
    post<Preview>(`/api/v1/scenarios/${scenario}/preview`, { client, change }, signal),
  years: (scenario: number, years: number, signal?: AbortSignal) =>
    ask<Years>(`/api/v1/scenarios/${scenario}/years?years=${years}`, { signal }),
  plans: (scenario: number) => ask<Plan[]>(`/api/v1/scenarios/${scenario}/plans`),
  plan: (id: number) => ask<{ plan: Plan; record: PlanRecord }>(`/api/v1/plans/${id}`),
  queuePlan: (scenario: number) => post<Job>(`/api/v1/scenarios/${scenario}/plans`, {}),
  movePlan: (id: number, from: string, to: string, reason?: string) =>
    post<Plan>(`/api/v1/plans/${id}/steps`, reason ? { from, to, reason } : { from, to }),
  transfers: (plan: number) => ask<Transfers>(`/api/v1/plans/${plan}/transfers`),
  subParks: (plan: number) => ask<SubPark[]>(`/api/v1/plans/${plan}/sub-parks`),
  blocks: (plan: number, when: 'before' | 'after') =>
    ask<GeoJSON.FeatureCollection>(`/api/v1/plans/${plan}/blocks${when === 'before' ? '?when=before' : ''}`),
  frontier: (scenario: number, steps?: number) =>
    post<Job>(`/api/v1/scenarios/${scenario}/frontier`, steps === undefined ? {} : { steps }),
  compare: (a: number, b: number) => ask<Comparison>(`/api/v1/compare?scenarios=${a},${b}`),
  queueExport: (plan: number, wish: { format: string; crs?: string; encoding?: string }) =>
    post<Job>(`/api/v1/plans/${plan}/exports`, wish),
  check: (asked: NewCheck) => post<Job>('/api/v1/checks', asked),
  import: (asked: NewImport) => post<Job>('/api/v1/imports', asked),
  jobs: () => ask<Job[]>('/api/v1/jobs'),
  job: (id: number) => ask<Job>(`/api/v1/jobs/${id}`),
  cancelJob: (id: number) => ask<Job>(`/api/v1/jobs/${id}`, { method: 'DELETE' }),
};
