/** What happens to the project, as the service tells it (server-sent events). */

import type { DataSet, Decision, Job, Plan, Scenario } from './types';

export interface Heard {
  decision(decision: Decision): void;
  job(job: Job): void;
  plan(plan: Plan): void;
  scenario(scenario: Scenario): void;
  dataSet(dataSet: DataSet): void;
  /** Some of it was missed: read everything anew. */
  missed(): void;
  /** Whether the service can be heard. */
  connected(yes: boolean): void;
}

/** Listens until the returned function is called. A lost connection is taken up again, and what was missed is said. */
export function listen(heard: Heard): () => void {
  const source = new EventSource('/api/v1/events');
  let lost = false;
  const on = <T>(name: string, then: (data: T) => void) =>
    source.addEventListener(name, (event) => then(JSON.parse((event as MessageEvent<string>).data) as T));
  on('decision', heard.decision);
  on('job', heard.job);
  on('plan', heard.plan);
  on('scenario', heard.scenario);
  on('data_set', heard.dataSet);
  on('missed', heard.missed);
  source.addEventListener('open', () => {
    heard.connected(true);
    if (lost) heard.missed();
    lost = false;
  });
  source.addEventListener('error', () => {
    lost = true;
    heard.connected(false);
  });
  return () => source.close();
}
