/** The files asked for: the job that makes each, and what came of it. Kept here so that a panel closed loses none. */

import { said, whole } from '../i18n/said';
import { api } from '../lib/api';
import type { Bilingual, Exported, Job, JobState } from '../lib/types';
import type { FormatId, Wish } from './formats';

const POLL_MS = 300;
const ENDED: ReadonlySet<JobState> = new Set(['done', 'failed', 'cancelled']);

export interface Making {
  plan: number;
  job: Job | null;
  /** Why there is no file. */
  error: Bilingual | null;
}

export const fileOf = (job: Job | null): Exported | null => (job?.state === 'done' ? (job.result as Exported) : null);
export const addressOf = (job: number): string => `/api/v1/exports/${job}`;

function save(job: number): void {
  const link = document.createElement('a');
  link.href = addressOf(job);
  link.download = '';
  link.click();
}

class Exports {
  making = $state.raw<ReadonlyMap<FormatId, Making>>(new Map());

  #set(format: FormatId, making: Making): void {
    this.making = new Map(this.making).set(format, making);
  }

  running(format: FormatId): boolean {
    const making = this.making.get(format);
    return making !== undefined && making.error === null && !(making.job && ENDED.has(making.job.state));
  }

  /** Asks for a file, waits for it, and saves it. */
  async make(plan: number, wish: Wish): Promise<void> {
    const { format } = wish;
    if (this.running(format)) return;
    this.#set(format, { plan, job: null, error: null });
    try {
      let job = await api.queueExport(plan, wish);
      this.#set(format, { plan, job, error: null });
      // Asked for rather than heard: an event missed while the connection was down would leave the row waiting for ever.
      while (!ENDED.has(job.state)) {
        await new Promise((next) => setTimeout(next, POLL_MS));
        job = await api.job(job.id);
        this.#set(format, { plan, job, error: job.state === 'failed' && job.failure ? whole(job.failure) : null });
      }
      if (job.state === 'done') save(job.id);
    } catch (reason) {
      this.#set(format, { plan, job: null, error: said(reason) });
    }
  }

  async cancel(format: FormatId): Promise<void> {
    const making = this.making.get(format);
    if (!making?.job) return;
    try {
      const job = await api.cancelJob(making.job.id);
      // The loop above goes on until the job has ended.
      if (this.making.get(format)?.job?.id === job.id) this.#set(format, { ...making, job });
    } catch (reason) {
      this.#set(format, { ...making, error: said(reason) });
    }
  }
}

export const exports = new Exports();
