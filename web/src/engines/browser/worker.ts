// Entry of every worker of the browser engine: makes one instance of the core, then does what messages ask.
import createCore from 'reprise-glue';
import { failureOf } from './core.js';
import type { CoreFailure, CoreModule } from './core.js';
import { Desk } from './desk.js';
import { LeaseRunner } from './lease-runner.js';
import type { FromWorker, Lease, QuestionName, Reduced, ToWorker } from './protocol.js';
import { Reducer } from './reducer.js';

interface WorkerScope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const scope = globalThis as unknown as WorkerScope;

function post(message: FromWorker, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

type Answering = Record<QuestionName, (content: never) => unknown>;
let answering: Answering | null = null;
let core: CoreModule | null = null;
const leases = new Map<number, LeaseRunner>();

async function begin(module: WebAssembly.Module): Promise<void> {
  const instance = await new Promise<CoreModule>((resolve, reject) => {
    createCore({
      instantiateWasm(imports, receive) {
        // the glue would wait for ever for an instance that cannot be made
        WebAssembly.instantiate(module, imports).then((made) => receive(made, module), reject);
        return {};
      },
      onAbort(reason) {
        throw new WebAssembly.RuntimeError(String(reason));
      },
      print: () => undefined,
      printErr: (line) => console.warn(line),
    }).then(resolve, reject);
  });
  core = instance;
  const desk = new Desk(instance);
  const reducer = new Reducer(instance);
  answering = {
    prepare: (content) => desk.prepare(content),
    predict: (content) => desk.predict(content),
    inspect: (content) => desk.inspect(content),
    hash: (content) => desk.hash(content),
    kinds: () => desk.kinds(),
    calibrate: (content) => desk.calibrate(content),
    describe: (content) => desk.describe(content),
    resolve: (content) => desk.resolve(content),
    runId: (content) => desk.runId(content),
    probe: (content) => desk.probe(content),
    mathDigest: (content) => desk.mathDigest(content),
    openReduction: (content) => reducer.openReduction(content),
    append: (content) => reducer.append(content),
    discard: (content) => reducer.discard(content),
    reduce: (content) => reducer.reduce(content),
    closeReduction: (content) => reducer.closeReduction(content),
  };
  post({ type: 'ready' });
}

async function answer(id: number, name: QuestionName, content: unknown): Promise<void> {
  try {
    const result = await answering?.[name](content as never);
    post(
      { type: 'answer', id, content: result },
      name === 'reduce' ? Object.values((result as Reduced).files) : [],
    );
  } catch (error) {
    const failure = failureOf(error);
    post(isSound(failure) ? { type: 'refusal', id, failure } : { type: 'broken', failure });
  }
}

async function runLease(lease: Lease): Promise<void> {
  if (!core) return;
  const runner = new LeaseRunner(core, lease, post);
  leases.set(lease.id, runner);
  try {
    await runner.run();
  } catch (error) {
    const failure = failureOf(error);
    post({ type: isSound(failure) ? 'failed' : 'broken', lease: lease.id, failure });
  } finally {
    leases.delete(lease.id);
  }
}

/** What was thrown outside an envelope may have left the instance in pieces, and memory that grew never shrinks. */
function isSound({ kind }: CoreFailure): boolean {
  return kind === 'input' || kind === 'internal';
}

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'begin':
      begin(data.module).catch((error: unknown) => post({ type: 'broken', failure: failureOf(error) }));
      break;
    case 'ask':
      void answer(data.id, data.name, data.content);
      break;
    case 'lease':
      void runLease(data.lease);
      break;
    case 'pause':
      leases.get(data.lease)?.pause();
      break;
    case 'resume':
      leases.get(data.lease)?.resume();
      break;
    case 'cancel': {
      const runner = leases.get(data.lease);
      if (runner) runner.cancel();
      else post({ type: 'held', lease: data.lease });
      break;
    }
  }
};
