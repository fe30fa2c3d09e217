/** What the engine itself offers a guest by host call: the network; and hears of it. Made when the guest first asks. */
import { failureText, Refusal } from '../binding/crossing.ts';
import { IsopodError } from '../errors.ts';
import { type Asker, InstanceNetwork } from '../outbound/instance-network.ts';
import { ANSWER_FAILURE, ANSWER_VALUE, FIRST_CALL_NO, NEAR_OPERATION, requestIdOf } from '../protocol/door.ts';
import type { NearLimit } from '../types.ts';
import type { Call } from './call.ts';
import type { Definition } from './definition.ts';
import { NEAR_LIMITS } from './limits.ts';
import { isPiece, takePiece } from './pieces.ts';

export class EngineOperations {
  readonly #definition: Definition;
  /** The instance's calls given and not ended. */
  readonly #open: ReadonlyMap<number, Call>;
  readonly #answer: (id: number, how: number, value: string) => void;
  #network: InstanceNetwork | undefined;
  #closed = false;

  /** `answer`: `how` as in the protocol; `value` is JSON text. */
  constructor(
    definition: Definition,
    open: ReadonlyMap<number, Call>,
    answer: (id: number, how: number, value: string) => void,
  ) {
    this.#definition = definition;
    this.#open = open;
    this.#answer = answer;
  }

  take(id: number, no: number, _engine: string, operation: string, args: string): void {
    if (operation === NEAR_OPERATION) return this.#near(JSON.parse(args));
    if (isPiece(operation)) return this.#piece(id, no, operation, args);
    this.#run(no, operation, args).then(
      (value) => this.#answer(id, ANSWER_VALUE, JSON.stringify(value) ?? 'null'),
      (error: unknown) => this.#fail(id, error),
    );
  }

  /** The engine's own errors keep their codes. */
  #fail(id: number, error: unknown): void {
    const told = error instanceof IsopodError ? new Refusal(error.code, error.message) : error;
    this.#answer(id, ANSWER_FAILURE, failureText(told));
  }

  #piece(id: number, no: number, operation: string, args: string): void {
    takePiece(this.#open.get(no), this.#definition.bootFacts, operation, args, {
      done: (value) => this.#answer(id, ANSWER_VALUE, JSON.stringify(value)),
      failed: (error) => this.#fail(id, error),
    });
  }

  /** `no`: the call that began last. */
  async #run(no: number, operation: string, args: string): Promise<unknown> {
    const { network } = this.#definition;
    if (network === undefined) {
      throw new IsopodError(
        'NetworkDenied',
        'The function is granted no network; name hosts in network.allow to grant it',
      );
    }
    const asker = this.#askerOf(no);
    const list: unknown = JSON.parse(args);
    this.#network ??= new InstanceNetwork(network);
    return this.#network.call(operation, Array.isArray(list) ? list : [], asker);
  }

  /** Little is left of a limit the guest's own side keeps. What is no such message is not taken. */
  #near(told: unknown): void {
    if (!Array.isArray(told)) return;
    const [limit, used, allowed] = told as unknown[];
    if (!NEAR_LIMITS.includes(limit as NearLimit) || typeof used !== 'number' || typeof allowed !== 'number') return;
    this.#definition.near(limit as NearLimit, used, allowed);
  }

  get #oneAtATime(): boolean {
    return this.#definition.bootFacts.concurrency === 1;
  }

  /** Of several calls in progress nobody knows whose a request is. */
  #askerOf(no: number): Asker {
    const isStep = no < FIRST_CALL_NO;
    const isOpen = isStep || (this.#oneAtATime ? this.#open.has(no) : this.#open.size > 0);
    if (this.#closed || !isOpen) throw new IsopodError('NetworkFailed', 'The call that made the request has ended');
    const { requestPrefix } = this.#definition.bootFacts;
    const isKnown = isStep || this.#oneAtATime;
    return {
      no,
      isStep,
      requestId: isKnown && !isStep ? requestIdOf(requestPrefix, no) : undefined,
      among: isKnown ? undefined : this.#open,
      trace: isKnown && !isStep ? this.#open.get(no)?.trace : undefined,
    };
  }

  /** An ended call's requests end with it; where several calls are in progress, with the last of them. */
  callEnded(no: number): void {
    if (this.#oneAtATime) this.#network?.endCall(no);
    else {
      this.#network?.endOneOfSeveral();
      if (this.#open.size === 0) this.#network?.endCall(undefined);
    }
  }

  /** The instance ended. */
  close(): void {
    this.#closed = true;
    this.#network?.close();
  }
}
