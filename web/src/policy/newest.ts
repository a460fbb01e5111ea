/** Asks one question at a time; of those that come meanwhile only the newest is asked. */
export class Newest<Q, A> {
  #busy = false;
  #next: { question: Q } | null = null;

  constructor(
    readonly ask: (question: Q) => Promise<A>,
    readonly answered: (answer: A, question: Q) => void,
    readonly failed: (why: unknown) => void,
  ) {}

  get busy(): boolean {
    return this.#busy;
  }

  put(question: Q): void {
    this.#next = { question };
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#next) {
      const { question } = this.#next;
      this.#next = null;
      try {
        const answer = await this.ask(question);
        this.answered(answer, question);
      } catch (why) {
        if (!this.#next) this.failed(why);
      }
    }
    this.#busy = false;
  }
}
