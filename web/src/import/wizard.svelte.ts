/** The way of files into the project: chosen, sent, checked, their columns and system confirmed, brought in. */

import { notices } from '../app/notices.svelte';
import { session } from '../app/session.svelte';
import { view } from '../app/view.svelte';
import { said } from '../i18n/said';
import { api, Failure } from '../lib/api';
import type { Bilingual, DataSet, Imported, Inspection, Job, Meaning, PolicyRef } from '../lib/types';
import { upload } from '../lib/upload';
import { type Explained, explained, plainly } from './failure';
import { mains, missing, titleOf } from './files';
import { type Firms, firmsChange, guessed } from './firms';

/** The service takes in so many at once. */
const AT_ONCE = 3;

export interface Chosen {
  file: File;
  /** How much is sent, as a share. */
  sent: number;
  /** How the service calls it, once it has it. */
  upload: string | null;
  failure: Bilingual | null;
}

/** What goes on, or what is asked. */
export type Stage = 'files' | 'sending' | 'checking' | 'checked' | 'importing' | 'done';

class Wizard {
  /** The data set that the files are added to; none where they bring parcels of their own. */
  onto = $state.raw<DataSet | null>(null);
  /** The approved plan whose zone the next year begins with; none where no year begins. */
  after = $state<number | null>(null);
  /** The day that this year's figures are of, where they are added to a data set. */
  day = $state('');
  /** The day from which the approved zone holds, where a year begins. */
  from = $state('');
  files = $state<Chosen[]>([]);
  main = $state<string | null>(null);
  stage = $state<Stage>('files');
  jobId = $state<number | null>(null);
  failure = $state.raw<Explained | null>(null);
  checked = $state.raw<Inspection | null>(null);
  /** What the columns mean, as far as somebody confirmed or changed it. */
  meaning = $state<Meaning>({});
  /** What the columns of the table of firms mean, where there is one. */
  firms = $state.raw<Firms | null>(null);
  layer = $state<string | null>(null);
  crs = $state<string | null>(null);
  crsConfirmed = $state(false);
  title = $state('');
  policy = $state.raw<PolicyRef | null>(null);
  /** Whether the policy that the check drafted is what the scenario starts with. */
  drafted = $state(false);
  imported = $state.raw<Imported | null>(null);
  /** The issue that is looked at, by its place in the list. */
  issue = $state<number | null>(null);

  #sending: AbortController | null = null;

  readonly names = $derived(this.files.map((f) => f.file.name));
  readonly mains = $derived(mains(this.names));
  readonly missing = $derived(this.main ? missing(this.main, this.names) : []);
  readonly job = $derived(this.jobId === null ? null : (session.jobs.get(this.jobId) ?? null));
  readonly busy = $derived(this.stage === 'sending' || this.stage === 'checking' || this.stage === 'importing');
  /** The columns are taken otherwise than when they were checked. */
  readonly remapped = $derived(this.checked !== null && !same(this.meaning, this.checked.meaning));
  readonly ready = $derived(
    this.checked !== null &&
      this.checked.parcels > 0 &&
      this.title.trim() !== '' &&
      (this.onto === null || this.day !== '') &&
      (this.after === null || this.from !== '') &&
      (this.onto !== null || this.checked.crs.stated || this.crsConfirmed) &&
      // A draft is of the columns as they were when it was made.
      !(this.drafted && this.remapped),
  );

  /** Adds files; one of the same name takes the place of the other. */
  add(chosen: Iterable<File>): void {
    if (this.busy) return;
    const added = [...chosen].map((file): Chosen => ({ file, sent: 0, upload: null, failure: null }));
    if (added.length === 0) return;
    const names = new Set(added.map((c) => c.file.name.toLowerCase()));
    this.files = [...this.files.filter((c) => !names.has(c.file.name.toLowerCase())), ...added];
    this.#changed();
  }

  remove(name: string): void {
    if (this.busy) return;
    this.files = this.files.filter((c) => c.file.name !== name);
    this.#changed();
  }

  /** Adds the files to a data set, or to none. */
  addTo(dataSet: DataSet | null, after: number | null = null): void {
    this.onto = dataSet;
    this.after = after;
    this.day = '';
    this.from = '';
    this.title = '';
    this.#forget();
  }

  choose(main: string): void {
    this.main = main;
    this.title = '';
    this.#forget();
  }

  #changed(): void {
    const still = this.main && this.mains.includes(this.main);
    if (!still) {
      this.main = this.mains[0] ?? null;
      this.title = '';
    }
    this.#forget();
  }

  /** What was found belongs to other files. */
  #forget(): void {
    this.stage = 'files';
    this.failure = null;
    this.checked = null;
    this.firms = null;
    this.drafted = false;
    this.imported = null;
    this.layer = null;
    this.crs = null;
    this.crsConfirmed = false;
    this.issue = null;
    this.jobId = null;
  }

  restart(): void {
    this.#sending?.abort();
    this.files = [];
    this.main = null;
    this.onto = null;
    this.after = null;
    this.day = '';
    this.from = '';
    this.title = '';
    this.policy = null;
    this.#forget();
  }

  /** Sends what was not sent yet, and has everything looked into. */
  async check(columns?: Meaning): Promise<void> {
    const main = this.main;
    if (!(main || this.onto) || this.busy) return;
    const before: Stage = this.checked ? 'checked' : 'files';
    this.failure = null;
    this.imported = null;
    this.stage = 'sending';
    try {
      await this.#send();
      this.stage = 'checking';
      const job = await this.#run(await api.check({ ...this.#incoming(), ...(columns ? { columns } : {}) }));
      if (!job || !this.#went(job)) {
        this.stage = before;
        return;
      }
      const checked = job.result as Inspection;
      this.checked = checked;
      this.meaning = { ...checked.meaning };
      // What somebody said of a table that is still there stands.
      if (!checked.tables.some((table) => table.name === this.firms?.table))
        this.firms =
          this.#tables(checked)
            .map(guessed)
            .find((firms) => firms !== null) ?? null;
      this.layer = checked.layers.length > 1 ? checked.layer : this.layer;
      this.title ||= this.onto ? this.onto.name : titleOf(main ?? '');
      this.issue = null;
      this.stage = 'checked';
    } catch (why) {
      this.#failed(why);
      this.stage = before;
    }
  }

  async import(): Promise<void> {
    if (!(this.main || this.onto) || !this.ready || this.busy) return;
    this.failure = null;
    this.stage = 'importing';
    try {
      // A service that was started anew has forgotten uploads.
      await this.#send();
      const job = await this.#run(await this.#ask());
      if (!job || !this.#went(job)) {
        this.stage = 'checked';
        return;
      }
      this.imported = job.result as Imported;
      this.stage = 'done';
    } catch (why) {
      this.#failed(why);
      this.stage = 'checked';
    }
  }

  /** The tables that came with these files. */
  #tables(checked: Inspection) {
    return this.onto ? checked.tables.filter((table) => this.names.includes(table.name)) : checked.tables;
  }

  /** Has it brought in, as parcels of their own or as another data set of what is there. */
  #ask(): Promise<Job> {
    const title = this.title.trim();
    if (this.onto) {
      const { layer, id } = this.onto;
      // The policy stays what it is, but for the name of the table.
      const table = this.firms?.table;
      const how = this.policy ? { policy: this.policy } : {};
      const change = table === undefined ? {} : { change: { enterprises: { table } } };
      const { files, main } = this.#incoming();
      const of = { title, reference_date: this.day, ...how, ...change };
      if (this.after === null) return api.addDataSet(layer, { files, data_set: id, ...of });
      return api.nextYear(this.after, { files, ...(main ? { main } : {}), ...of, effective_date: this.from });
    }
    const change = { columns: plain(this.meaning), ...(this.firms ? firmsChange(this.firms) : {}) };
    const draft = this.drafted ? this.checked?.draft?.text : undefined;
    const how = this.policy ? { policy: this.policy } : draft ? { policy_text: draft } : { change };
    return api.import({ ...this.#incoming(), main: this.main ?? '', title, ...how });
  }

  /** Stops what goes on. */
  async stop(): Promise<void> {
    this.#sending?.abort();
    if (this.jobId !== null) await session.cancel(this.jobId);
  }

  async open(): Promise<void> {
    const scenario = this.imported?.scenario;
    if (scenario === undefined) return;
    await session.refresh();
    await session.open(scenario);
    view.tab = 'review';
    this.restart();
  }

  #incoming(): {
    files: { name: string; upload: string }[];
    main?: string;
    data_set?: string;
    layer?: string;
    crs?: string;
  } {
    const files = this.files.flatMap((c) => (c.upload ? [{ name: c.file.name, upload: c.upload }] : []));
    // A year may bring parcels of its own; what is added to a data set does not.
    const own = this.after !== null && this.main ? { main: this.main } : {};
    if (this.onto) return { files, data_set: this.onto.id, ...own };
    return {
      files,
      ...(this.main ? { main: this.main } : {}),
      ...(this.layer ? { layer: this.layer } : {}),
      ...(this.crs ? { crs: this.crs } : {}),
    };
  }

  async #send(): Promise<void> {
    const left = this.files.filter((c) => c.upload === null);
    this.#sending = new AbortController();
    const { signal } = this.#sending;
    const one = async (): Promise<void> => {
      for (let next = left.shift(); next; next = left.shift()) {
        const chosen = next;
        chosen.failure = null;
        try {
          const kept = await upload(chosen.file, (share) => (chosen.sent = share), signal);
          chosen.upload = kept.upload;
          chosen.sent = 1;
        } catch (why) {
          chosen.sent = 0;
          if (why instanceof Failure) chosen.failure = said(why);
          this.#sending?.abort();
          throw why;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  /** Waits for the end of a job as the events tell it, and reads its result, which they leave out. */
  async #run(queued: Job): Promise<Job | null> {
    this.jobId = queued.id;
    session.follow(queued);
    await session.ended(queued.id);
    return this.jobId === queued.id ? api.job(queued.id) : null;
  }

  #went(job: Job): boolean {
    if (job.state === 'failed' && job.failure) this.failure = explained(job.failure);
    if (job.state === 'cancelled') notices.say('info', (t) => t.import.stopped);
    return job.state === 'done';
  }

  #failed(why: unknown): void {
    if (why instanceof DOMException && why.name === 'AbortError') return;
    // The service no longer has them: send them again at the next try.
    if (why instanceof Failure && why.status === 404) for (const c of this.files) c.upload = null;
    this.failure = why instanceof Failure && why.told ? explained(why.told) : plainly(said(why));
  }
}

/** Only what is said: a policy takes no empty names. */
function plain(meaning: Meaning): Record<string, string> {
  return Object.fromEntries(Object.entries(meaning).filter(([, column]) => column)) as Record<string, string>;
}

function same(a: Meaning, b: Meaning): boolean {
  const [one, other] = [plain(a), plain(b)];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => one[key] === other[key]);
}

export const wizard = new Wizard();
