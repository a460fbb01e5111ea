/** What the page knows of the project, and what it does to it. Views read from here and call its verbs. */

import { failed, said, whole } from '../i18n/said';
import { api, conflictOf } from '../lib/api';
import { listen } from '../lib/events';
import type {
  AreaBasis,
  Bilingual,
  Config,
  Decision,
  IndicatorValues,
  Job,
  NewDecision,
  ParcelColumns,
  Plan,
  PlanRecord,
  Preview,
  Project,
  Scenario,
  Transfers,
} from '../lib/types';
import type { TileSource } from '../map/map';
import { onMap, tileSource } from '../map/source';
import { again, CODES, clashing, type Gesture, lastOf, notPlanned, standing, undoing } from '../review/decisions';
import { notices } from './notices.svelte';
import { preferences } from './preferences.svelte';
import { selection } from './selection.svelte';

export type Phase = 'loading' | 'ready' | 'empty' | 'failed';

/** How often a write is tried again after somebody else was faster. */
const TRIES = 3;
/** How long after a decision the parcels' columns are read again, ms. */
const SETTLE_MS = 400;

const ENDED = new Set(['done', 'failed', 'cancelled']);

class Session {
  phase = $state<Phase>('loading');
  failure = $state.raw<Bilingual>({ zh: '', en: '' });
  connected = $state(true);

  config = $state.raw<Config | null>(null);
  project = $state.raw<Project | null>(null);
  scenarios = $state.raw<readonly Scenario[]>([]);
  id = $state<number | null>(null);

  columns = $state.raw<ParcelColumns | null>(null);
  tiles = $state.raw<TileSource | null>(null);
  plan = $state.raw<Plan | null>(null);
  record = $state.raw<PlanRecord | null>(null);
  transfers = $state.raw<Transfers | null>(null);
  blocks = $state.raw<GeoJSON.FeatureCollection | null>(null);
  decisions = $state.raw<readonly Decision[]>([]);
  jobs = $state.raw<ReadonlyMap<number, Job>>(new Map());
  indicators = $state.raw<ReadonlyMap<string, IndicatorValues>>(new Map());
  /** What a change to the policy would lead to, while one is tried. */
  preview = $state.raw<Preview | null>(null);
  /** What has moved up to a year of the path over years, while one is looked at. */
  path = $state.raw<Pick<Preview, 'enter' | 'leave'> | null>(null);
  /** How the area is measured, and within what, where a change is tried. */
  tried = $state.raw<{ basis: AreaBasis; tolerance: number | null } | null>(null);
  redoable = $state.raw<readonly Gesture[]>([]);

  readonly scenario = $derived(this.scenarios.find((s) => s.id === this.id) ?? null);
  readonly standing = $derived(standing(this.decisions));
  readonly stale = $derived(this.plan ? notPlanned(this.decisions, this.plan.decided) : 0);
  readonly otherPolicy = $derived(
    this.plan !== null &&
      this.scenario !== null &&
      (this.plan.policy.name !== this.scenario.policy.name ||
        this.plan.policy.version !== this.scenario.policy.version),
  );
  readonly undoable = $derived(lastOf(this.decisions, this.actor));
  readonly transferOf = $derived(new Map((this.transfers?.transfers ?? []).map((t) => [t.fid, t])));
  readonly planning = $derived(
    [...this.jobs.values()].find(
      (job) => job.kind === 'plan' && !ENDED.has(job.state) && scenarioOf(job) === this.id,
    ) ?? null,
  );

  /** Parcel numbers by code, as far as they were met. */
  #codes = $state.raw<ReadonlyMap<string, number>>(new Map());
  readonly #byFid = $derived(new Map([...this.#codes].map(([code, fid]) => [fid, code])));
  #columnsTimer: ReturnType<typeof setTimeout> | undefined;
  #hush: (() => void) | null = null;
  /** Done when the last gesture is. */
  #turn: Promise<void> = Promise.resolve();
  readonly #waiting = new Map<number, (() => void)[]>();

  get actor(): string {
    return preferences.user || this.config?.user || 'planner';
  }

  /** The verdict on each parcel by number, where one stands. */
  readonly verdicts = $derived.by(() => {
    const verdicts = new Map<number, (typeof CODES)[number]>();
    this.columns?.decision.forEach((code, at) => {
      if (code) verdicts.set(at + 1, CODES[code] ?? 'none');
    });
    for (const [code, fid] of this.#codes) {
      const stands = this.standing.get(code);
      if (stands) verdicts.set(fid, stands.kind);
      else verdicts.delete(fid);
    }
    return verdicts;
  });

  /** Area of the zone as it is, on the ellipsoid. */
  readonly present = $derived.by(() => {
    const { columns } = this;
    return columns?.area_m2.reduce((sum, area, at) => sum + (columns.zone_before[at] ? area : 0), 0) ?? null;
  });

  knows(fid: number, parcel: string): void {
    if (!this.#codes.has(parcel)) this.#codes = new Map(this.#codes).set(parcel, fid);
  }

  codeOf(fid: number): string | null {
    return this.#byFid.get(fid) ?? null;
  }

  async start(wanted: number | null): Promise<void> {
    this.phase = 'loading';
    try {
      const [config, project, scenarios] = await Promise.all([api.config(), api.project(), api.scenarios()]);
      this.config = config;
      this.project = project;
      this.scenarios = scenarios;
      const open = scenarios.filter((s) => !s.archived);
      const first = scenarios.find((s) => s.id === wanted) ?? open[0] ?? scenarios[0];
      this.#hush ??= listen(this.#heard());
      if (!first) {
        this.phase = 'empty';
        return;
      }
      await this.open(first.id);
    } catch (why) {
      this.#failed(why);
    }
  }

  async open(id: number): Promise<void> {
    const layerBefore = this.scenario?.layer;
    this.id = id;
    this.preview = null;
    this.path = null;
    this.redoable = [];
    this.indicators = new Map();
    this.#codes = new Map();
    const scenario = this.scenario;
    if (!scenario) return;
    try {
      const [columns, decisions, tiles] = await Promise.all([
        api.parcels(id),
        api.decisions(id),
        layerBefore === scenario.layer && this.tiles ? this.tiles : tileSource(scenario.layer),
        this.#readPlan(id),
        this.#readJobs(),
      ]);
      if (this.id !== id) return;
      this.columns = columns;
      this.decisions = decisions;
      this.tiles = tiles;
      this.phase = 'ready';
    } catch (why) {
      this.#failed(why);
    }
  }

  #failed(why: unknown): void {
    this.failure = said(why);
    this.phase = 'failed';
  }

  async #readJobs(): Promise<void> {
    const jobs = await api.jobs();
    // The end of some may have been missed.
    for (const job of jobs.filter((j) => this.#waiting.has(j.id) && ENDED.has(j.state))) this.#job(job);
    this.jobs = new Map(jobs.filter((job) => !ENDED.has(job.state)).map((job) => [job.id, job]));
  }

  async #readPlan(id: number): Promise<void> {
    const newest = (await api.plans(id)).at(-1);
    if (!newest) {
      if (this.id === id) {
        this.plan = null;
        this.record = null;
        this.transfers = null;
        this.blocks = null;
      }
      return;
    }
    const [{ plan, record }, transfers, blocks] = await Promise.all([
      api.plan(newest.id),
      api.transfers(newest.id),
      api.blocks(newest.id, 'after'),
    ]);
    if (this.id !== id) return;
    this.#codes = new Map([...this.#codes, ...transfers.transfers.map((t): [string, number] => [t.parcel, t.fid])]);
    this.plan = plan;
    this.record = record;
    this.blocks = onMap(blocks);
    this.transfers = transfers;
  }

  /** Reads everything of the scenario again that may have changed. */
  async refresh(): Promise<void> {
    const id = this.id;
    try {
      this.scenarios = await api.scenarios();
      if (id === null) {
        if (this.scenarios.length > 0) await this.start(null);
        else await this.#readJobs();
        return;
      }
      const [decisions, columns] = await Promise.all([
        api.decisions(id),
        api.parcels(id),
        this.#readPlan(id),
        this.#readJobs(),
      ]);
      if (this.id !== id) return;
      this.decisions = decisions;
      this.columns = columns;
    } catch {
      // The events will say when the service is back.
    }
  }

  #columnsSoon(): void {
    clearTimeout(this.#columnsTimer);
    this.#columnsTimer = setTimeout(async () => {
      const id = this.id;
      if (id === null) return;
      const columns = await api.parcels(id).catch(() => null);
      if (columns && this.id === id) this.columns = columns;
    }, SETTLE_MS);
  }

  #heard() {
    return {
      decision: (decision: Decision) => {
        if (!this.#learn([decision])) return;
        const { by, kind, parcel } = decision;
        if (by !== this.actor && parcel)
          notices.say('info', (t) => t.review.otherDecided(by, t.decision[kind], parcel));
        this.#columnsSoon();
      },
      job: (job: Job) => this.#job(job),
      plan: (plan: Plan) => {
        if (plan.scenario !== this.id) return;
        if (plan.id === this.plan?.id) this.plan = plan;
        else if (plan.id > (this.plan?.id ?? 0)) void this.#planned();
      },
      scenario: (scenario: Scenario) => {
        const others = this.scenarios.filter((s) => s.id !== scenario.id);
        this.scenarios = [...others, scenario].sort((a, b) => a.id - b.id);
        if (this.id === null) void this.open(scenario.id);
        else if (scenario.id === this.id) this.#columnsSoon();
      },
      dataSet: () => undefined,
      missed: () => void this.refresh(),
      connected: (yes: boolean) => {
        this.connected = yes;
      },
    };
  }

  async #planned(): Promise<void> {
    const id = this.id;
    if (id === null) return;
    try {
      const [columns] = await Promise.all([api.parcels(id), this.#readPlan(id)]);
      if (this.id === id) {
        this.columns = columns;
        this.preview = null;
      }
    } catch (why) {
      this.#complain(why);
    }
  }

  /** Takes a job that was just queued into those that are watched. */
  follow(job: Job): void {
    // Events may have been faster.
    if (!this.jobs.has(job.id)) this.#job(job);
  }

  /** Waits until a job has ended. */
  async ended(id: number): Promise<void> {
    if (ENDED.has(this.jobs.get(id)?.state ?? '')) return;
    await new Promise<void>((then) => this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), then]));
  }

  #job(job: Job): void {
    const jobs = new Map(this.jobs);
    jobs.set(job.id, job);
    this.jobs = jobs;
    if (ENDED.has(job.state)) {
      for (const then of this.#waiting.get(job.id) ?? []) then();
      this.#waiting.delete(job.id);
    }
    if (job.kind !== 'plan' || !ENDED.has(job.state) || scenarioOf(job) !== this.id) return;
    if (job.state === 'failed') notices.say('error', job.failure ? failed(whole(job.failure)) : (t) => t.state.failed);
    else if (job.state === 'cancelled') notices.say('info', (t) => t.review.cancelled);
    else notices.say('done', (t) => t.review.done);
  }

  /** Takes decisions into the log; says whether any of them was news. */
  #learn(made: readonly Decision[]): boolean {
    const mine = made.filter((d) => d.scenario === this.id);
    const known = new Set(this.decisions.map((d) => d.seq));
    const news = mine.filter((d) => !known.has(d.seq));
    if (news.length === 0) return false;
    this.decisions = [...this.decisions, ...news].sort((a, b) => a.seq - b.seq);
    const version = Math.max(...news.map((d) => d.version));
    this.scenarios = this.scenarios.map((s) => (s.id === this.id && s.version < version ? { ...s, version } : s));
    return true;
  }

  #complain(why: unknown): void {
    notices.say('error', failed(said(why)));
  }

  /** Sends decisions; where somebody was faster, reads what they did, says so, and tries again unless it clashes. */
  async #send(decisions: readonly NewDecision[]): Promise<Decision[] | null> {
    try {
      for (let left = TRIES; left > 0; left -= 1) {
        const scenario = this.scenario;
        if (!scenario) return null;
        try {
          const made = await api.decide(scenario.id, scenario.version, [...decisions]);
          this.#learn(made);
          this.#columnsSoon();
          return made;
        } catch (why) {
          const conflict = conflictOf(why);
          if (!conflict || left === 1) throw why;
          const clash = clashing(conflict.since, decisions, this.decisions);
          this.#learn(conflict.since);
          this.scenarios = this.scenarios.map((s) => (s.id === conflict.now.id ? conflict.now : s));
          this.#columnsSoon();
          const [first] = clash.length > 0 ? clash : conflict.since;
          if (clash.length > 0 && first) {
            notices.say('warning', (t) => t.review.conflictSame(first.by, t.decision[first.kind]));
            return null;
          }
          notices.say('warning', (t) =>
            first ? t.review.conflict(first.by, t.decision[first.kind]) : t.review.conflictOther,
          );
        }
      }
    } catch (why) {
      this.#complain(why);
    }
    return null;
  }

  /**
   * One gesture after the other, as they were made: what comes back may be told by the service before it is answered, and who
   * sees it may go on at once.
   */
  #inTurn<T>(gesture: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(gesture);
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Decides on parcels by their codes. */
  async decide(kind: NewDecision['kind'], parcels: readonly string[], reason?: string): Promise<boolean> {
    if (parcels.length === 0) return false;
    const said = reason?.trim();
    return this.#inTurn(async () => {
      const made = await this.#send(parcels.map((parcel) => ({ kind, parcel, ...(said ? { reason: said } : {}) })));
      if (made) this.redoable = [];
      return made !== null;
    });
  }

  async undo(): Promise<void> {
    await this.#inTurn(async () => {
      const gesture = this.undoable;
      if (gesture && (await this.#send(undoing(gesture)))) this.redoable = [...this.redoable, gesture];
    });
  }

  async redo(): Promise<void> {
    await this.#inTurn(async () => {
      const gesture = this.redoable.at(-1);
      if (gesture && (await this.#send(again(gesture)))) this.redoable = this.redoable.slice(0, -1);
    });
  }

  async replan(): Promise<void> {
    if (this.id === null || this.planning) return;
    try {
      this.#job(await api.queuePlan(this.id));
    } catch (why) {
      this.#complain(why);
    }
  }

  async cancel(job: number): Promise<void> {
    try {
      this.#job(await api.cancelJob(job));
    } catch (why) {
      this.#complain(why);
    }
  }

  async indicator(id: string): Promise<void> {
    if (this.id === null || this.indicators.has(id)) return;
    const scenario = this.id;
    try {
      const values = await api.indicator(scenario, id);
      if (this.id === scenario) this.indicators = new Map(this.indicators).set(id, values);
    } catch (why) {
      this.#complain(why);
    }
  }

  /** Does something to the project, and says so when it fails. */
  async attempt<T>(what: () => Promise<T>): Promise<T | null> {
    try {
      return await what();
    } catch (why) {
      this.#complain(why);
      return null;
    }
  }

  know(scenario: Scenario): void {
    const others = this.scenarios.filter((s) => s.id !== scenario.id);
    // What it stands on is told in the list alone.
    const known = { ...this.scenarios.find((s) => s.id === scenario.id), ...scenario };
    this.scenarios = [...others, known].sort((a, b) => a.id - b.id);
  }

  /** Zone after, by place: as tried out where a change is tried, in the year that is looked at, else as planned. */
  readonly after = $derived.by(() => {
    const { columns } = this;
    const moves = this.preview ?? this.path;
    if (!columns) return new Uint8Array(0);
    if (!moves) return Uint8Array.from(columns.zone_after);
    const after = Uint8Array.from(columns.zone_before);
    for (const fid of moves.enter) after[fid - 1] = 1;
    for (const fid of moves.leave) after[fid - 1] = 0;
    return after;
  });

  /** The selected parcels whose codes are known: those that can be decided on. */
  readonly selected = $derived.by(() => {
    const wanted = selection.set;
    return [...this.#codes].filter(([, fid]) => wanted.has(fid)).map(([code, fid]) => ({ fid, code }));
  });
}

function scenarioOf(job: Job): number | null {
  const { scenario } = job.payload;
  return typeof scenario === 'number' ? scenario : null;
}

export const session = new Session();
